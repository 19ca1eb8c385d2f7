"""The conversation's stages, one a file: prompt, tools, and what each turn comes to."""
