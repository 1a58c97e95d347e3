/* SPDX-License-Identifier: GPL-2.0-or-later */
/* isle: Linux containers from the kernel's own namespaces. */
#include "cli/cli.h"

int main(int argc, char **argv)
{
	(void)argc;
	return cli_main(argv);
}
