/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a tool tells what it does; the cli room prints. */
#ifndef ISLE_TOOLBOX_MODE_H
#define ISLE_TOOLBOX_MODE_H

#include "core/step.h"

struct tool_mode {
	bool explain; /* nothing is done; the steps are told */
	bool timings; /* the steps' times are told when the program is about to start */
	void (*tell_steps)(void *ctx, const struct step_lines *lines);
	void *ctx;
};

#endif
