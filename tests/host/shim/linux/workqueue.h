/* SPDX-License-Identifier: GPL-2.0 */
/* struct fgft_device embeds a work item. */
#ifndef SHIM_LINUX_WORKQUEUE_H
#define SHIM_LINUX_WORKQUEUE_H

struct work_struct {
	void (*func)(struct work_struct *work);
};

#endif
