import pytest

from tools.profiles import profile_of


@pytest.mark.parametrize("name", ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4o-2024-08-06"])
def test_gpt_4_takes_a_temperature_and_gives_logprobs(name: str) -> None:
    profile = profile_of(name)
    assert profile.temperature is not None
    assert profile.logprobs
    assert profile.reasoning_effort is None


@pytest.mark.parametrize("name", ["gpt-6-luna", "gpt-6-luna-2026-09-01", "openai/gpt-6-luna"])
def test_luna_reasons_not_at_all_and_takes_no_temperature(name: str) -> None:
    profile = profile_of(name)
    assert profile.reasoning_effort == "none"
    assert profile.temperature is None


@pytest.mark.parametrize("name", ["vendedor-rules", "gpt-4", "gpt-4omega", "llama-3.3-70b", ""])
def test_an_unknown_model_gets_no_parameter_that_it_might_refuse(name: str) -> None:
    profile = profile_of(name)
    assert (profile.temperature, profile.reasoning_effort, profile.logprobs) == (None, None, False)


def test_a_model_that_may_think_has_the_room_for_it() -> None:
    assert profile_of("some-thinker").max_tokens > 5 * profile_of("gpt-4o").max_tokens
