#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a file as a C array: embed.py FILE OUTPUT NAME"""
import sys

data = open(sys.argv[1], "rb").read()
name = sys.argv[3]
with open(sys.argv[2], "w") as out:
    out.write("/* Generated from %s */\n" % name)
    out.write("#include <stddef.h>\n")
    out.write("extern const unsigned char %s[];\nextern const size_t %s_size;\n" % (name, name))
    out.write("const unsigned char %s[] = {" % name)
    for i, byte in enumerate(data):
        out.write("%s%d," % ("\n" if i % 32 == 0 else "", byte))
    out.write("\n};\nconst size_t %s_size = sizeof(%s);\n" % (name, name))
