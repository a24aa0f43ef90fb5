"""How the groups write virtual hosts."""


def site(name, *lines, port="PORT_NUMBER", address="127.0.0.1"):
    """A virtual host with a name; each line is one directive or section."""
    inside = "\n".join(f"    {line}" for text in lines for line in text.strip().splitlines())
    return f"<VirtualHost {address}:@{port}@>\n    ServerName {name}\n{inside}\n</VirtualHost>\n"


def sites(*bodies, prefix="s"):
    """Virtual hosts named s0.test, s1.test and so on."""
    return "".join(site(f"{prefix}{number}.test", body) for number, body in enumerate(bodies))
