/// What a store of SQLite stands on: a file and those beside it, or memory of this process.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include "backends/sqlite/connection.hpp"
#include "backends/sqlite/turn.hpp"
#include "backends/sqlite/wake.hpp"

namespace stint::sqlite {

/// A database, and how those who use it take turns and wake each other. Cheap to copy: copies are
/// of the same place.
struct Place {
  std::string path = {};  ///< of the file; in memory, its name
  Medium medium = Medium::kFile;
  std::shared_ptr<Turn> turn = {};
  std::shared_ptr<Wake> wake = {};
  /// Holds a database in memory open; nobody uses it.
  std::shared_ptr<const Connection> keeper = {};
};

/// Find the file of a `sqlite:` URL; make it and its tables where needed. Throws Error.
Place open_file_place(std::string_view url);

/// Have `open_memory_place` throw kConfiguration with this reason from now on: this process is a
/// part of another one whose memory it does not see.
void refuse_memory_places(std::string reason);

/// Find the memory that a `memory:` or `memory:NAME` URL names; made, without tables, at the first
/// call for that name, and kept until the process ends. Throws Error: kConfiguration for a URL that
/// cannot be meant, kUsage in the child of a fork.
Place open_memory_place(std::string_view url);

/// Make one, without tables, that nobody finds by a name and that goes with its last user.
Place make_private_memory_place();

/// Bring the tables of a place to the newest version. Throws Error.
Place with_tables(Place place);

}  // namespace stint::sqlite
