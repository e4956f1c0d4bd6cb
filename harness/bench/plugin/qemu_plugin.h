/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What blocks.cc uses of QEMU's interface for plugins, version 1.
 *
 * Debian 12 packages no <qemu-plugin.h>; these are its declarations, by
 * https://www.qemu.org/docs/master/devel/tcg-plugins.html.  QEMU refuses a
 * plugin of a version it does not speak.
 */
#ifndef QEMU_PLUGIN_H
#define QEMU_PLUGIN_H

#include <cstddef>
#include <cstdint>

struct qemu_info_t;
struct qemu_plugin_tb;

using qemu_plugin_id_t = uint64_t;
using qemu_plugin_translated = void (*)(qemu_plugin_id_t id, qemu_plugin_tb *block);

enum qemu_plugin_op {
	QEMU_PLUGIN_INLINE_ADD_U64,
};

#define QEMU_PLUGIN_VERSION	1

extern "C" {
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_translated callback);
/* Has the translated block itself add @value to *@word each time it runs. */
void qemu_plugin_register_vcpu_tb_exec_inline(qemu_plugin_tb *block, qemu_plugin_op op, void *word,
					      uint64_t value);
size_t qemu_plugin_tb_n_insns(const qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const qemu_plugin_tb *block);
}

#endif
