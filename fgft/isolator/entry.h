// SPDX-License-Identifier: GPL-2.0
/* The isolated entry points of the unit, described from their C types. */
#ifndef ISOLATOR_ENTRY_H
#define ISOLATOR_ENTRY_H

#include "unit.h"

namespace isolator {

/* Fills unit.entries with the policy's entries that are defined here. */
void find_entries(Unit &unit);

} // namespace isolator

#endif
