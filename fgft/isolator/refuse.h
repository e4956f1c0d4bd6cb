// SPDX-License-Identifier: GPL-2.0
/* What a twin must not contain: located errors with a remedy. */
#ifndef ISOLATOR_REFUSE_H
#define ISOLATOR_REFUSE_H

#include "unit.h"

namespace isolator {

/* A call to a kernel function no row of the table describes. */
void refuse_unclassed(Unit &unit, gimple *stmt, const std::string &symbol);

/* An asm statement whose memory effects nothing tells. */
void refuse_asm(const Unit &unit, gimple *stmt, const std::string &text);

/* Floating point or vector code, in line or between kernel_fpu_begin/end. */
void refuse_fpu(const Unit &unit, gimple *stmt);

/* A jump whose target is data. */
void refuse_computed_goto(const Unit &unit, gimple *stmt);

/* A store the late pass cannot put a hook before. */
void refuse_store(const Unit &unit, gimple *stmt);

} // namespace isolator

#endif
