// SPDX-License-Identifier: GPL-2.0
/* The unit's records (fgft/abi.h) and entry stubs as assembler text. */
#ifndef ISOLATOR_EMIT_H
#define ISOLATOR_EMIT_H

#include "unit.h"

namespace isolator {

/* Hands the text to GCC; nothing if the unit has nothing to say. */
void emit_unit(const Unit &unit);

/* The patchable jump at the head of native entry @name, to its stub. */
std::string branch_text(const std::string &name);

} // namespace isolator

#endif
