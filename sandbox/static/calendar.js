// looks again every few seconds, but not while somebody is typing a time
const typing = () => document.querySelector("details[open], input:focus, select:focus");
setInterval(() => typing() || location.reload(), 4000);
