/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first command after a boot: builds RUN anew from what DATA has kept. */
#ifndef ISLE_ENGINE_HOME_BOOT_H
#define ISLE_ENGINE_HOME_BOOT_H

#include "engine/home.h"

/* Makes sure that RUN is complete and of this boot; four system calls if it is. */
int home_boot(struct home *h, struct err *e) MUST_USE;

#endif
