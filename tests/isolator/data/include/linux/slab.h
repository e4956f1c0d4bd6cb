/* SPDX-License-Identifier: GPL-2.0 */
#include "../fake.h"
#define kfree k_free
