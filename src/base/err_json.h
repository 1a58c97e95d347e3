/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An error for programs: the parts of its sentence as a JSON object. */
#ifndef ISLE_BASE_ERR_JSON_H
#define ISLE_BASE_ERR_JSON_H

#include "base/err.h"
#include "base/mem.h"

/* E, which happened in VERB (NULL: in none) and stands for STATUS, as an object in one line. */
char *err_json(const struct err *e, const char *verb, int status, struct arena *a);

#endif
