// SPDX-License-Identifier: GPL-2.0
/* The late pass over twins: hooks before stores, refusals. */
#ifndef ISOLATOR_CHECK_H
#define ISOLATOR_CHECK_H

#include "unit.h"

namespace isolator {

opt_pass *make_check_pass(Unit &unit);

} // namespace isolator

#endif
