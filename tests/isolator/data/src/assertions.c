// SPDX-License-Identifier: GPL-2.0
/* What has to be known when the compiler is done, as kernel headers want it. */
#include "fake.h"

void never_here(void) __attribute__((__error__("not constant")));
void __bad_delay(void);

#define assert_that(condition)			\
	do {					\
		int __wrong = !(condition);	\
						\
		if (__wrong)			\
			never_here();		\
	} while (0)

#define delay(n)				\
	do {					\
		if (__builtin_constant_p(n)) {	\
			if ((n) / 20000 >= 1)	\
				__bad_delay();	\
			k_pure(n);		\
		} else {			\
			k_pure((n) + 1);	\
		}				\
	} while (0)

static int word;

int checked(struct device *dev)
{
	int size = sizeof(*dev);

	assert_that(size == sizeof(struct device));
	delay(10);
	delay(dev->id);
	k_key(&word, 1);
	return dev->flags;
}
