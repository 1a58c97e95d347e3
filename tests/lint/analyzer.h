/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What clang's analyzer cannot see from a declaration: an error is never success. */
#include "base/err.h"

#define err_set(...) (err_set(__VA_ARGS__), -1)
#define err_context(...) (err_context(__VA_ARGS__), -1)
#define err_why(...) (err_why(__VA_ARGS__), -1)
#define err_cure(...) (err_cure(__VA_ARGS__), -1)
#define err_status(...) (err_status(__VA_ARGS__), -1)

#ifdef ANALYZE_COMPOSE
#include "engine/compose_priv.h"
#define compose_bad(...) (compose_bad(__VA_ARGS__), -1)
#endif
