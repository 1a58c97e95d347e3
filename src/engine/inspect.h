/* SPDX-License-Identifier: GPL-2.0-or-later */
/* 'isle inspect': everything that is known about one container, as one JSON object. */
#ifndef ISLE_ENGINE_INSPECT_H
#define ISLE_ENGINE_INSPECT_H

#include "engine/box.h"

/* *RET_JSON gets {"id", "status", "paths", "record", "state", "config"}, terminated, in the home's arena. */
int inspect_box(struct home *h, const char *ref, char **ret_json, struct err *e) MUST_USE;

#endif
