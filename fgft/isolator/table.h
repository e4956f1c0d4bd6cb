// SPDX-License-Identifier: GPL-2.0
/* Where a function's address is handed to the kernel. */
#ifndef ISOLATOR_TABLE_H
#define ISOLATOR_TABLE_H

#include "unit.h"

namespace isolator {

/*
 * Where: "<struct tag>.<field>" for an ops table or a field a body stores to,
 * "<callee>#<n>" for argument n of a call, "module.init" and "module.exit".
 */
struct Place {
	std::string name;
	bool kernel;	/* the record or the callee is not the driver's own */
};

using TableMap = std::unordered_map<cgraph_node *, Place>;

TableMap find_tables();

/* The unit's variables of type struct dev_pm_ops, by name. */
std::vector<std::string> find_pm_ops();

} // namespace isolator

#endif
