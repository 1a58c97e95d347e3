/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what the user typed to what the launcher needs: a record and a runtime spec.
 *
 * Composing only reads: it opens the sources of bind mounts and the namespaces that are joined, looks at device nodes,
 * and reads the files that are named.  Nothing is made, so a refusal leaves nothing behind.  Every word is checked
 * here, and what does not fit together is refused; nothing is ignored.
 *
 * The words mean what they mean in docker and podman where those have them.
 */
#ifndef ISLE_ENGINE_COMPOSE_H
#define ISLE_ENGINE_COMPOSE_H

#include "engine/box.h"
#include "engine/options.h"

/*
 * Fills B->record (all but rootfs, id_slot, created_ns and persistent) and B->spec (all but root.path, the id maps and
 * cgroups_path); B->id is set already.  Everything that is kept is copied into H's arena.
 */
int compose(const struct run_options *o, struct home *h, struct box *b, struct err *e) MUST_USE;
/*
 * Before an existing box is started again: opens anew what its spec names by descriptor, the namespaces of other
 * containers (which have other processes by now).
 */
int compose_again(struct home *h, struct box *b, struct err *e) MUST_USE;

/* Whether the throw-away layer lives in memory: --layer, else "for a --rm in the foreground". */
int compose_layer(const struct run_options *o, bool *ret_memory, struct err *e) MUST_USE;
/*
 * Puts the variables of the files ENV_FILE, then those of ENV, into P's environment: "NAME=value", or "NAME" for the
 * caller's value (a variable that the caller has not is taken out).  For run and exec.
 */
int compose_env(const struct strs *env, const struct strs *env_file, struct arena *a, struct spec_process *p,
		struct err *e) MUST_USE;
/* The words to execute: ENTRYPOINT ("": none, as docker has it; or NULL) and COMMAND; a shell where there are none. */
void compose_command(const char *entrypoint, const struct strs *command, struct arena *a, struct strs *ret);
/* The words of a command, joined by spaces, as ps shows them. */
char *compose_command_text(const struct strs *words, struct arena *a);
/*
 * What of O can still be chosen when an island of a pool is taken: B->record has name, labels, signals, times and
 * files, B->spec the environment that was asked for (each name once) and, where one was, the working directory.
 */
int compose_take(const struct run_options *o, struct home *h, struct box *b, struct err *e) MUST_USE;
/*
 * Says whether P has a terminal, which then is as large as the user's from its first moment (runtime spec,
 * consoleSize). Where the user has none, 0 and 0: not known.
 */
void compose_terminal(bool wanted, struct spec_process *p);

#endif
