/* SPDX-License-Identifier: GPL-2.0 */
/* struct fgft_call waits in such a list. */
#ifndef SHIM_LINUX_LLIST_H
#define SHIM_LINUX_LLIST_H

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#endif
