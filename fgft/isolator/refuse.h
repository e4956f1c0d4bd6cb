// SPDX-License-Identifier: GPL-2.0
/*
 * What cannot be isolated: located errors with a remedy, or, when the user only
 * wants to know ("survey"), the same as rows of the report.
 */
#ifndef ISOLATOR_REFUSE_H
#define ISOLATOR_REFUSE_H

#include "unit.h"

namespace isolator {

/* Something at @where, whatever it is. */
void refuse(Unit &unit, location_t where, const std::string &what, const std::string &remedy);

/* A call to a kernel function no row of the table describes. */
void refuse_unclassed(Unit &unit, gimple *stmt, const std::string &symbol);

/* An asm statement whose memory effects nothing tells. */
void refuse_asm(Unit &unit, gimple *stmt, const std::string &text);

/* Floating point or vector code, in line or between kernel_fpu_begin/end. */
void refuse_fpu(Unit &unit, gimple *stmt);

/* A jump whose target is data. */
void refuse_computed_goto(Unit &unit, gimple *stmt);

/* A store the late pass cannot put a hook before. */
void refuse_store(Unit &unit, gimple *stmt);

} // namespace isolator

#endif
