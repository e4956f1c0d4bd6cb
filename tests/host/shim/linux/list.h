/* SPDX-License-Identifier: GPL-2.0 */
/* struct list_head is with the types. */
#include <linux/types.h>
