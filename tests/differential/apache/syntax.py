"""What the language itself offers: conditions, definitions, macros, includes, quoting, continued lines."""

from case import Group

from .site import site

CONDITIONS = """
Define DEFINED
Define VALUE "a value"
Define PLACE /defined
Define UNDEFINED_LATER x
UnDefine UNDEFINED_LATER
<IfModule mod_headers.c>
    Header add X-Yes if-module-file
</IfModule>
<IfModule headers_module>
    Header add X-Yes if-module-name
</IfModule>
<IfModule !mod_headers.c>
    Header add X-No if-not-module
    NonsenseThatIsNotRead x
</IfModule>
<IfModule mod_nonsense.c>
    NonsenseThatIsNotRead <x
    <Nonsense>
    </Nonsense>
</IfModule>
<IfModule !mod_nonsense.c>
    Header add X-Yes if-not-nonsense
    <IfModule mod_proxy.c>
        Header add X-Yes nested
        <IfDefine DEFINED>
            Header add X-Yes nested-twice
        </IfDefine>
    </IfModule>
</IfModule>
<IfDefine DEFINED>
    Header add X-Yes if-define
</IfDefine>
<IfDefine !DEFINED>
    Header add X-No if-not-define
</IfDefine>
<IfDefine NEVER_DEFINED>
    Header add X-No never
</IfDefine>
<IfDefine UNDEFINED_LATER>
    Header add X-No undefined
</IfDefine>
<IfVersion >= 2.4>
    Header add X-Yes version
</IfVersion>
<IfVersion < 2.4>
    Header add X-No version
</IfVersion>
<IfVersion ~ ^2\\.>
    Header add X-Yes version-pattern
</IfVersion>
<IfVersion !>= 2.5>
    Header add X-Yes version-not
</IfVersion>
<IfDirective ProxyPass>
    Header add X-Yes directive
</IfDirective>
<IfDirective !NoSuchDirective>
    Header add X-Yes no-directive
</IfDirective>
<IfSection VirtualHost>
    Header add X-Yes section
</IfSection>
<IfFile @ROOT@/index.html>
    Header add X-Yes file
</IfFile>
<IfFile !@ROOT@/none.html>
    Header add X-Yes no-file
</IfFile>
Header set X-Value "${VALUE}"
Header set X-Joined "pre-${VALUE}-post"
Header set X-Unknown "${NEVER_DEFINED}x"
Header set X-Twice ${PLACE}${PLACE}
Header set X-Environment "${LANGUAGE_OF_TESTS}"
Redirect ${PLACE} http://new.test/${PLACE}
  hEADER   SET   x-case   "Any  Case"
\tHeader\tset\tX-Tabs\t"a\tb"
Header set X-Single 'single "inside"'
Header set X-Escaped "double \\"inside\\" \\\\ end"
Header set X-Plain back\\slash
Header set X-Hash a#b
Header set X-Continued "one \\
two"
Header \\
    set \\
    X-Lines \\
    many
# A comment that goes on \\
Header set X-Comment never
#Header set X-Comment never
   # indented
Header set X-Empty ''
Header set X-Dollar "a $ b ${ c $VALUE"
Header set X-Last last"""
MACROS = """
<Macro Host $name $target>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName $name
    ProxyPass / http://$target/
    Use Note $name plain
</VirtualHost>
</Macro>
<Macro Note $text %{kind}>
    Header set X-Note "$text is %{kind}"
</Macro>
<Macro Longer $a $ab>
    Redirect /$a http://new.test/$ab
</Macro>
<Macro Nothing>
    Header set X-Nothing none
</Macro>
Use Host one.test @ORIGIN@
Use Host two.test @SECOND@
USE host three.test "@ORIGIN@/three"
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName four.test
    Use Longer x y
    Use Nothing
</VirtualHost>
UndefMacro Nothing
"""


def groups():
    """Conditions, macros, and files that include files."""
    return [conditions(), macros(), includes()]


def conditions():
    """Each line that is read adds a field."""
    config = "Define GLOBAL before\n" + site("site.test", "DocumentRoot @ROOT@", CONDITIONS.replace("\n", "\n    ")) + site("after.test",
        "<IfDefine DEFINED>\nHeader set X-Seen later\n</IfDefine>\nHeader set X-Value \"${VALUE}\"\nHeader set X-Global ${GLOBAL}")
    config = config.replace("\n    \n", "\n")
    group = Group("syntax: conditions", config)
    for path in ("/", "/defined", "/docs/guide.txt"):
        group.get(path)
        group.get(path, host="after.test")
    return group


def macros():
    """Macro and Use."""
    group = Group("syntax: macros", MACROS)
    for host in ("one.test", "two.test", "three.test", "four.test"):
        for path in ("/", "/x", "/ab"):
            group.get(path, host=host)
    return group


def includes():
    """Include and IncludeOptional, with wildcards; files are read in the order of their names."""
    config = "Define SITES @ROOT@\nInclude @ROOT@/syntax/main.conf\nIncludeOptional @ROOT@/syntax/none-*.conf\nIncludeOptional @ROOT@/syntax/sites/*.conf\n"
    group = Group("syntax: includes", config)
    for host in ("a.test", "b.test", "c.test", "main.test"):
        for path in ("/", "/docs/guide.txt", "/up/x"):
            group.get(path, host=host)
    return group
