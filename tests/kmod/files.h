/* SPDX-License-Identifier: GPL-2.0 */
/* Files of sysfs, read from inside the kernel. */
#ifndef FILES_H
#define FILES_H

#include <linux/err.h>
#include <linux/fs.h>
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

#endif /* FILES_H */
