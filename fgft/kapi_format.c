// SPDX-License-Identifier: GPL-2.0
/* Wrappers of string.def that take a format: what they write is known by it. */

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include "kapi.h"

/*
 * A conversion of a format: where it ends, what it converts, and whether its
 * text is limited by a precision.
 */
struct conversion {
	const char *end;
	char what;
	bool wide;		/* a long or larger */
	bool limited;
};

/* Behind a '%'.  A '*' takes an argument of its own. */
static struct conversion parse(const char *at, va_list *args)
{
	struct conversion found = {};

	for (; *at && strchr("-+ #0123456789.*hlLqjzt", *at); at++) {
		found.limited |= *at == '.';
		found.wide |= !!strchr("lLqjzt", *at);
		if (*at == '*')
			(void)va_arg(*args, int);
	}
	found.what = *at;
	found.end = *at ? at + 1 : at;
	return found;
}

/*
 * Strings to be printed: the kernel follows them, with nothing that catches a
 * wild one.  What lies in the first page or is an error is printed as such.
 */
static void strings_need(struct fgft_call *c, const char *format, va_list *args,
			 unsigned long ip, const char *what)
{
	struct conversion found;
	const char *string;

	while ((format = strchr(format, '%'))) {
		found = parse(format + 1, args);
		format = found.end;
		switch (found.what) {
		case '%':
		case '\0':
			break;
		case 's':
			string = va_arg(*args, const char *);
			if ((unsigned long)string >= PAGE_SIZE &&
			    !IS_ERR(string))
				kapi_need(c, found.limited ?
						     FGFT_OBJECT_READABLE :
						     FGFT_OBJECT_STRING,
					  string, 1, ip, what);
			break;
		case 'p':
			(void)va_arg(*args, void *);
			break;
		default:
			if (found.wide)
				(void)va_arg(*args, long);
			else
				(void)va_arg(*args, int);
		}
	}
}

/* Returns how long the text will be. */
static int check(struct fgft_call *c, const char *format, va_list args,
		 unsigned long ip, const char *what)
{
	va_list copy;
	int length;

	kapi_need(c, FGFT_OBJECT_STRING, format, 0, ip, what);
	va_copy(copy, args);
	strings_need(c, format, &copy, ip, what);
	va_end(copy);
	va_copy(copy, args);
	length = vsnprintf(NULL, 0, format, copy);
	va_end(copy);
	return length;
}

KAPI_EXPORT(int, sprintf, (char *buf, const char *format, ...))
{
	KAPI_ENTER(sprintf);
	va_list args;
	int length;

	va_start(args, format);
	if (c)
		WRITES(buf, check(c, format, args, _RET_IP_, kapi_name) + 1);
	length = vsprintf(buf, format, args);
	va_end(args);
	return length;
}

KAPI_EXPORT(int, snprintf, (char *buf, size_t size, const char *format, ...))
{
	KAPI_ENTER(snprintf);
	va_list args;
	int length;

	va_start(args, format);
	if (c) {
		length = check(c, format, args, _RET_IP_, kapi_name);
		if (size)
			WRITES(buf, min_t(size_t, size, length + 1));
	}
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
		UNDO(seq_count, 0, m, m->count);
	}
	va_start(args, format);
	if (c)
		check(c, format, args, _RET_IP_, kapi_name);
	seq_vprintf(m, format, args);
	va_end(args);
}
