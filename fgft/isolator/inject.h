// SPDX-License-Identifier: GPL-2.0
/* Dormant fault sites in driver functions. */
#ifndef ISOLATOR_INJECT_H
#define ISOLATOR_INJECT_H

#include "unit.h"

namespace isolator {

/* Inserts the sites; false if the unit was not built for injection. */
bool insert_fault_sites(Unit &unit);

} // namespace isolator

#endif
