/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A module of wrappers, for kernel functions that a module exports: included
 * last by kapi/<module>.c, behind KAPI_TABLE and the rows' effects.
 */
#ifndef FGFT_KAPI_MODULE_H
#define FGFT_KAPI_MODULE_H

#include <linux/module.h>

#include "kapi_rows.h"

/* What else the module brings, once calls may come. */
#ifndef KAPI_MODULE_BEGIN
#define KAPI_MODULE_BEGIN()	0
#define KAPI_MODULE_END()	do { } while (0)
#endif

static int __init kapi_module_init(void)
{
	int err = fgft_kapi_add(kapi_rows, ARRAY_SIZE(kapi_rows));

	if (!err)
		err = KAPI_MODULE_BEGIN();
	if (err)
		fgft_kapi_remove(kapi_rows, ARRAY_SIZE(kapi_rows));
	return err;
}

static void __exit kapi_module_exit(void)
{
	KAPI_MODULE_END();
	fgft_kapi_remove(kapi_rows, ARRAY_SIZE(kapi_rows));
}

module_init(kapi_module_init);
module_exit(kapi_module_exit);

MODULE_LICENSE("GPL");

#endif /* FGFT_KAPI_MODULE_H */
