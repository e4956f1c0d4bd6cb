/* SPDX-License-Identifier: GPL-2.0 */
/* min, round_up and the like are with the types. */
#include <linux/types.h>
