#include "support/failing_disk.hpp"
#include <sqlite3.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstring>
#include <map>
#include <new>
#include <random>
#include <ranges>
#include <string>
#include <vector>

namespace stint::test {
namespace {

/// Bytes that were written since the last sync, or a cut of the file's length.
struct Unsynced {
  sqlite3_int64 offset = 0;
  std::string bytes = {};
  std::string before = {};  // what stood there; shorter where the file ended
  sqlite3_int64 size_before = 0;
  bool is_truncation = false;  // to `offset`
};

/// One open file. SQLite allots it, and the real one behind it.
struct DiskFile {
  sqlite3_file base;
  sqlite3_file* real;
  std::vector<Unsynced>* unsynced;
};

struct Disk {
  sqlite3_vfs* real = nullptr;
  DiskPlan plan;
  bool is_armed = false;
  int calls = 0;
  int syncs = 0;
  std::map<std::string, std::vector<Unsynced>> unsynced;
  std::map<std::string, std::vector<sqlite3_file*>> open;
};

Disk& disk() {
  static Disk one;
  return one;
}

DiskFile& of(sqlite3_file* file) { return *reinterpret_cast<DiskFile*>(file); }
sqlite3_file* real(sqlite3_file* file) { return of(file).real; }

sqlite3_int64 size_of(sqlite3_file* file) {
  sqlite3_int64 size = 0;
  file->pMethods->xFileSize(file, &size);
  return size;
}

std::string read_back(sqlite3_file* file, sqlite3_int64 offset, std::size_t count) {
  const auto there = std::max<sqlite3_int64>(size_of(file) - offset, 0);
  std::string bytes(std::min(count, static_cast<std::size_t>(there)), '\0');
  if (!bytes.empty()) {
    file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), offset);
  }
  return bytes;
}

void write_at(sqlite3_file* file, sqlite3_int64 offset, const std::string& bytes) {
  if (bytes.empty()) return;
  file->pMethods->xWrite(file, bytes.data(), static_cast<int>(bytes.size()), offset);
}

void undo(sqlite3_file* file, const Unsynced& one) {
  write_at(file, one.offset, one.before);
  if (!one.is_truncation && size_of(file) > one.size_before) {
    file->pMethods->xTruncate(file, one.size_before);
  }
}

/// A file as it would be found: as of its last sync, and what else reached the disk, in any
/// selection and perhaps by half.
void lose_power(sqlite3_file* file, const std::vector<Unsynced>& unsynced, bool keep_some,
                std::mt19937& random) {
  for (const Unsynced& one : unsynced | std::views::reverse) undo(file, one);
  if (!keep_some) return;
  for (const Unsynced& one : unsynced) {
    if (random() % 2 == 0) continue;
    if (one.is_truncation) {
      file->pMethods->xTruncate(file, one.offset);
      continue;
    }
    constexpr std::size_t kSector = 512;
    const bool is_torn = random() % 4 == 0;
    const std::size_t sectors = one.bytes.size() / kSector;
    write_at(file, one.offset,
             is_torn ? one.bytes.substr(0, random() % (sectors + 1) * kSector) : one.bytes);
  }
}

[[noreturn]] void die() {
  Disk& all = disk();
  if (all.plan.fault != DiskFault::kKill) {
    std::mt19937 random{all.plan.seed};
    for (const auto& [path, unsynced] : all.unsynced) {
      const auto file = all.open.find(path);
      if (file == all.open.end() || file->second.empty()) continue;
      lose_power(file->second.front(), unsynced, all.plan.fault == DiskFault::kPowerSome, random);
      // Memory that processes share is no file after a power cut.
      ::unlink((path + "-shm").c_str());
    }
  }
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

bool is_deadly(DiskFault fault) {
  return fault == DiskFault::kKill || fault == DiskFault::kPowerCut ||
         fault == DiskFault::kPowerSome;
}

/// Count a call; true: it has to fail.
bool has_to_fail() {
  Disk& all = disk();
  if (!all.is_armed) return false;
  ++all.calls;
  return all.plan.fault != DiskFault::kNothing && all.calls >= all.plan.at &&
         all.calls < all.plan.at + all.plan.lasting;
}

/// Count a call that is no write, and return what it fails with; SQLITE_OK: do it.
int fault_of(int error) {
  if (!has_to_fail()) return SQLITE_OK;
  if (is_deadly(disk().plan.fault)) die();
  return error;
}

int close(sqlite3_file* file) {
  for (auto& [path, files] : disk().open) std::erase(files, real(file));
  return real(file)->pMethods->xClose(real(file));
}

int read(sqlite3_file* file, void* to, int count, sqlite3_int64 offset) {
  if (const int code = fault_of(SQLITE_IOERR_READ); code != SQLITE_OK) {
    if (disk().plan.fault != DiskFault::kShortRead) return code;
    std::memset(to, 0, static_cast<std::size_t>(count));
    real(file)->pMethods->xRead(real(file), to, count / 2, offset);
    return SQLITE_IOERR_SHORT_READ;
  }
  return real(file)->pMethods->xRead(real(file), to, count, offset);
}

int write(sqlite3_file* file, const void* from, int count, sqlite3_int64 offset) {
  const auto* bytes = static_cast<const char*>(from);
  const bool fails = has_to_fail();
  const int written = fails ? count / 2 : count;
  of(file).unsynced->push_back(
      {.offset = offset,
       .bytes = std::string(bytes, static_cast<std::size_t>(written)),
       .before = read_back(real(file), offset, static_cast<std::size_t>(written)),
       .size_before = size_of(real(file))});
  const int code = real(file)->pMethods->xWrite(real(file), from, written, offset);
  if (!fails) return code;
  if (is_deadly(disk().plan.fault)) die();
  return disk().plan.fault == DiskFault::kFull ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = fault_of(SQLITE_IOERR_TRUNCATE); code != SQLITE_OK) return code;
  const sqlite3_int64 before = size_of(real(file));
  const auto cut = static_cast<std::size_t>(std::max<sqlite3_int64>(before - size, 0));
  of(file).unsynced->push_back({.offset = size,
                                .before = read_back(real(file), size, cut),
                                .size_before = before,
                                .is_truncation = true});
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync(sqlite3_file* file, int flags) {
  if (disk().is_armed) ++disk().syncs;
  if (const int code = fault_of(SQLITE_IOERR_FSYNC); code != SQLITE_OK) return code;
  const int code = real(file)->pMethods->xSync(real(file), flags);
  if (code == SQLITE_OK) of(file).unsynced->clear();
  return code;
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = fault_of(SQLITE_IOERR_FSTAT); code != SQLITE_OK) return code;
  return real(file)->pMethods->xFileSize(real(file), size);
}

int lock(sqlite3_file* file, int level) {
  if (const int code = fault_of(SQLITE_IOERR_LOCK); code != SQLITE_OK) return code;
  return real(file)->pMethods->xLock(real(file), level);
}

int unlock(sqlite3_file* file, int level) {
  return real(file)->pMethods->xUnlock(real(file), level);
}

int check_lock(sqlite3_file* file, int* result) {
  return real(file)->pMethods->xCheckReservedLock(real(file), result);
}

int control(sqlite3_file* file, int what, void* value) {
  return real(file)->pMethods->xFileControl(real(file), what, value);
}

int sector_size(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }

int characteristics(sqlite3_file* file) {
  return real(file)->pMethods->xDeviceCharacteristics(real(file));
}

int map_memory(sqlite3_file* file, int region, int size, int extend, volatile void** memory) {
  if (const int code = fault_of(SQLITE_IOERR_SHMMAP); code != SQLITE_OK) return code;
  return real(file)->pMethods->xShmMap(real(file), region, size, extend, memory);
}

int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
  if ((flags & SQLITE_SHM_LOCK) != 0) {
    if (const int code = fault_of(SQLITE_IOERR_SHMLOCK); code != SQLITE_OK) return code;
  }
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

void memory_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }

int unmap_memory(sqlite3_file* file, int remove) {
  return real(file)->pMethods->xShmUnmap(real(file), remove);
}

// Without xFetch, whose reads nobody would see.
constexpr sqlite3_io_methods kMethods{.iVersion = 2,
                                      .xClose = close,
                                      .xRead = read,
                                      .xWrite = write,
                                      .xTruncate = truncate,
                                      .xSync = sync,
                                      .xFileSize = file_size,
                                      .xLock = lock,
                                      .xUnlock = unlock,
                                      .xCheckReservedLock = check_lock,
                                      .xFileControl = control,
                                      .xSectorSize = sector_size,
                                      .xDeviceCharacteristics = characteristics,
                                      .xShmMap = map_memory,
                                      .xShmLock = lock_memory,
                                      .xShmBarrier = memory_barrier,
                                      .xShmUnmap = unmap_memory,
                                      .xFetch = nullptr,
                                      .xUnfetch = nullptr};

int open(sqlite3_vfs* /*vfs*/, sqlite3_filename name, sqlite3_file* file, int flags,
         int* flags_out) {
  DiskFile& opened = of(file);
  file->pMethods = nullptr;
  if (const int code = fault_of(SQLITE_CANTOPEN); code != SQLITE_OK) return code;
  opened.real = reinterpret_cast<sqlite3_file*>(&opened + 1);
  const int code = disk().real->xOpen(disk().real, name, opened.real, flags, flags_out);
  if (code != SQLITE_OK) return code;
  const std::string path = name == nullptr ? "" : name;
  opened.unsynced = &disk().unsynced[path];
  disk().open[path].push_back(opened.real);
  file->pMethods = &kMethods;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* /*vfs*/, const char* name, int sync_folder) {
  if (const int code = fault_of(SQLITE_IOERR_DELETE); code != SQLITE_OK) return code;
  disk().unsynced[name].clear();
  return disk().real->xDelete(disk().real, name, sync_folder);
}

int access(sqlite3_vfs* /*vfs*/, const char* name, int flags, int* result) {
  if (const int code = fault_of(SQLITE_IOERR_ACCESS); code != SQLITE_OK) return code;
  return disk().real->xAccess(disk().real, name, flags, result);
}

}  // namespace

void install_failing_disk() {
  sqlite3_vfs* beneath = sqlite3_vfs_find(nullptr);
  disk().real = beneath;
  // All that is not changed goes to the one beneath, which asks for nothing of its own object.
  static sqlite3_vfs failing = *beneath;
  failing.zName = "failing";
  failing.pNext = nullptr;
  failing.szOsFile = static_cast<int>(sizeof(DiskFile)) + beneath->szOsFile;
  failing.xOpen = open;
  failing.xDelete = remove;
  failing.xAccess = access;
  sqlite3_vfs_register(&failing, 1);
}

void arm_disk(const DiskPlan& plan) {
  disk().plan = plan;
  disk().calls = 0;
  disk().syncs = 0;
  disk().is_armed = true;
}

int disk_calls() { return disk().calls; }
int disk_syncs() { return disk().syncs; }

}  // namespace stint::test
