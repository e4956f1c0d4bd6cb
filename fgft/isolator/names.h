// SPDX-License-Identifier: GPL-2.0
/* Names and origins of functions, types and statements. */
#ifndef ISOLATOR_NAMES_H
#define ISOLATOR_NAMES_H

#include "gcc_compat.h"

namespace isolator {

/* Assembler name without the mark GCC puts before a verbatim one. */
std::string symbol_of(tree decl);

/* Tag (or typedef name) of a record, "" if it has none. */
std::string type_tag(tree type);

/* Written for the driver, not in a kernel header. */
bool from_driver_source(tree decl);

/* Where @stmt is; the function's head if the statement has no location. */
location_t location_of(gimple *stmt);

/*
 * The function @stmt was inlined from: of those around it the outermost one
 * @wanted accepts; NULL_TREE if there is none.
 */
tree inlined_from(gimple *stmt, const std::function<bool(tree)> &wanted);

/* Marks of the isolator on a declaration; clones GCC makes inherit them. */
bool is_twin(tree decl);
void mark_twin(tree decl);

/* A declaration GCC must diagnose itself should a call to it survive. */
bool has_diagnose_attribute(tree decl);

/* Memory other functions can see: anything but a named stack object. */
bool is_shared_memory(tree ref);

/* True if @stmt stores to shared memory through its left-hand side. */
bool stores_shared_memory(gimple *stmt);

} // namespace isolator

#endif
