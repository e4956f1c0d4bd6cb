// SPDX-License-Identifier: GPL-2.0
/* Wrappers of string.def that take a format: what they write is known by it. */

#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/stdarg.h>

#include "kapi.h"

KAPI_EXPORT(int, sprintf, (char *buf, const char *format, ...))
{
	KAPI_ENTER(sprintf);
	va_list args;
	int length;

	if (c) {
		NEED(STRING, format, 0);
		va_start(args, format);
		length = vsnprintf(NULL, 0, format, args);
		va_end(args);
		WRITES(buf, length + 1);
	}
	va_start(args, format);
	length = vsprintf(buf, format, args);
	va_end(args);
	return length;
}

KAPI_EXPORT(int, snprintf, (char *buf, size_t size, const char *format, ...))
{
	KAPI_ENTER(snprintf);
	va_list args;
	int length;

	if (c && size) {
		NEED(STRING, format, 0);
		va_start(args, format);
		length = vsnprintf(NULL, 0, format, args);
		va_end(args);
		WRITES(buf, min_t(size_t, size, length + 1));
	}
	va_start(args, format);
	length = vsnprintf(buf, size, format, args);
	va_end(args);
	return length;
}

static void kapi_do_seq_count(u64 a, u64 count, u64 c, u64 d)
{
	AS(struct seq_file *, a)->count = count;
}

/* What is behind the count is not there. */
KAPI_EXPORT(void, seq_printf, (struct seq_file *m, const char *format, ...))
{
	KAPI_ENTER(seq_printf);
	va_list args;

	if (c) {
		NEED(READABLE, m, sizeof(*m));
		if (m->buf)
			NEED(READABLE, m->buf, m->size);
		NEED(STRING, format, 0);
		UNDO(seq_count, 0, m, m->count);
	}
	va_start(args, format);
	seq_vprintf(m, format, args);
	va_end(args);
}
