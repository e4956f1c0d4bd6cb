/* SPDX-License-Identifier: GPL-2.0 */
/* Verbs of report.c for those who read what was reported, and for its ends. */
#ifndef FGFT_REPORT_H
#define FGFT_REPORT_H

#include "fgft.h"

/* Write the newest fault of @mod to the sysfs page @buf, as "key: value". */
ssize_t fgft_report_show(struct fgft_module *mod, char *buf);

/* Wait until the log tells of every fault that is counted.  Sleeps. */
void fgft_report_flush(void);

/* The panic notifier.  Sleep. */
void fgft_report_init(void);
void fgft_report_exit(void);

/* Send the uevent about the newest fault of @mod; there must be one.  Sleeps. */
void fgft_report_send(struct fgft_module *mod);

#endif /* FGFT_REPORT_H */
