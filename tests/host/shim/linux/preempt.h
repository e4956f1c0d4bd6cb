/* SPDX-License-Identifier: GPL-2.0 */
/* struct fgft_call embeds a notifier. */
#ifndef SHIM_LINUX_PREEMPT_H
#define SHIM_LINUX_PREEMPT_H

struct preempt_notifier {
	const void *ops;
};

#endif
