// SPDX-License-Identifier: GPL-2.0
/* The early pass: twins, entries and records of the whole unit. */
#ifndef ISOLATOR_ISOLATE_H
#define ISOLATOR_ISOLATE_H

#include "unit.h"

namespace isolator {

opt_pass *make_isolate_pass(Unit &unit);

} // namespace isolator

#endif
