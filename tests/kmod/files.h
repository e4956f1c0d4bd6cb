/* SPDX-License-Identifier: GPL-2.0 */
/* Files of sysfs, read from inside the kernel, and what the runtime says in them. */
#ifndef FILES_H
#define FILES_H

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

/* The text of a file without blanks at its end; empty when it cannot be read. */
static inline char *file_read(const char *path, char *buf, size_t size)
{
	struct file *file;
	loff_t pos = 0;
	ssize_t len;

	buf[0] = '\0';
	file = filp_open(path, O_RDONLY, 0);
	if (IS_ERR(file))
		return buf;
	len = kernel_read(file, buf, size - 1, &pos);
	buf[max_t(ssize_t, len, 0)] = '\0';
	filp_close(file, NULL);
	return strim(buf);
}

/* Is "key: value" a line of @report? */
static inline bool report_has(const char *report, const char *key,
			      const char *value)
{
	char line[96];
	const char *found;

	scnprintf(line, sizeof(line), "%s: %s\n", key, value);
	found = strstr(report, line);
	return found && (found == report || found[-1] == '\n');
}

/*
 * KASAN looks an address up before it is loaded from, and where the address is
 * none, it is the look-up that faults.
 */
static inline bool report_has_cause(const char *report, const char *cause)
{
	return report_has(report, "cause", cause) ||
	       (IS_ENABLED(CONFIG_KASAN) && !strcmp(cause, "bad load") &&
		report_has(report, "cause", "general protection"));
}

#endif /* FILES_H */
