// SPDX-License-Identifier: GPL-2.0
// QEMU plugin: how often each block of guest code has run.
//
//	-plugin file=blocks.so,counts=FILE
//
// FILE is an array of struct block, mapped here and counted in by the translated
// code itself.  Whoever reads it meanwhile sees the counts of that moment; it
// ends at the first block without an address.  The harness makes it, of the size
// it is to have.

#include <cstring>
#include <map>
#include <mutex>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qemu_plugin.h"

extern "C" {
__attribute__((visibility("default"))) int qemu_plugin_version = QEMU_PLUGIN_VERSION;
__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id,
							       const qemu_info_t *info, int argc,
							       char **argv);
}

namespace {

struct block {
	uint64_t address;	// written last: 0 is the end
	uint64_t insns;
	uint64_t runs;
};

std::mutex lock;		// of all below
block *blocks;
size_t used, room;
std::map<std::pair<uint64_t, uint64_t>, block *> known;

// A block is translated anew when the translations are flushed.
block *find(uint64_t address, uint64_t insns)
{
	const std::lock_guard<std::mutex> guard(lock);
	auto [place, is_new] = known.try_emplace({address, insns}, nullptr);

	if (is_new && used + 1 < room) {
		place->second = &blocks[used++];
		place->second->insns = insns;
		place->second->address = address;
	}
	return place->second;
}

void translated(qemu_plugin_id_t, qemu_plugin_tb *tb)
{
	block *found = find(qemu_plugin_tb_vaddr(tb), qemu_plugin_tb_n_insns(tb));

	if (found)
		qemu_plugin_register_vcpu_tb_exec_inline(tb, QEMU_PLUGIN_INLINE_ADD_U64,
							 &found->runs, 1);
}

bool map(const char *path)
{
	const int file = open(path, O_RDWR | O_CLOEXEC);
	struct stat status = {};

	if (file < 0)
		return false;
	if (!fstat(file, &status)) {
		void *memory = mmap(nullptr, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED,
				    file, 0);

		if (memory != MAP_FAILED) {
			blocks = static_cast<block *>(memory);
			room = status.st_size / sizeof(block);
		}
	}
	close(file);
	return blocks;
}

} // namespace

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *, int argc, char **argv)
{
	static const char name[] = "counts=";

	if (argc != 1 || strncmp(argv[0], name, strlen(name)) != 0 ||
	    !map(argv[0] + strlen(name)))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
