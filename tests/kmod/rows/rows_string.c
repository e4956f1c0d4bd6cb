// SPDX-License-Identifier: GPL-2.0
/* Strings, memory and user memory. */
#include <linux/bitrev.h>
#include <linux/crc32.h>
#include <linux/fs.h>
#include <linux/capability.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "rows.h"

/* The user's word, and what it is before an act. */
static void user_set(u64 value)
{
	if (put_user(value, env.user))
		pr_warn("no user memory\n");
}

static u64 user_word(void)
{
	u64 value = 0;

	if (get_user(value, env.user))
		pr_warn("no user memory\n");
	return value;
}

static char small[8];

static DEFINE_STATIC_KEY_FALSE(key);

static struct file *file;

static void have_file(void)
{
	file = filp_open("/proc/self/comm", O_RDONLY, 0);
}

static void close_file(void)
{
	filp_close(file, NULL);
}

static struct seq_file text_file;
static char text[16];

static NATIVE void fresh_file(void)
{
	text_file = (struct seq_file){
		.buf = text,
		.size = sizeof(text),
	};
}

#define SUITE		string
#define SUITE_FILE	"string.def"
#include "suite.h"
