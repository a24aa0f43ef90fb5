#!/bin/sh
# Runs the program that the file `binary` of its prefix names where /etc/hosts is the file `hosts` of its prefix.
exec unshare --mount sh -c 'mount --bind "$2/hosts" /etc/hosts && exec "$(cat "$2/binary")" "$@"' sh "$@"
