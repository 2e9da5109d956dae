#include "app/module_notes.hpp"
#include <elf.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include "base/utf8.hpp"
#include "stint/error.hpp"
#include "stint/module.hpp"

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern "C" [[gnu::visibility("hidden")]] const ElfW(Ehdr) __ehdr_start;

namespace stint {
namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);
using NoteHead = ElfW(Nhdr);

constexpr int kMostSegments = 1024;
constexpr std::uint64_t kMostNoteBytes = std::uint64_t{1} << 20U;
constexpr std::size_t kMostModules = 1000;
constexpr std::string_view kOwner{"Stint\0", 6};

[[noreturn]] void refuse(const std::string& why) { throw Error{ErrorCode::kConfiguration, why}; }

/// Read `size` bytes at `offset`; false if the file has fewer.
bool read_at(int descriptor, void* to, std::size_t size, std::uint64_t offset) {
  char* at = static_cast<char*>(to);
  while (size > 0) {
    const ssize_t got = ::pread(descriptor, at, size, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

std::string machine_name(unsigned machine, unsigned file_class) {
  constexpr std::array<std::pair<unsigned, std::string_view>, 8> kNames{{{EM_X86_64, "x86-64"},
                                                                         {EM_386, "i386"},
                                                                         {EM_AARCH64, "AArch64"},
                                                                         {EM_ARM, "ARM"},
                                                                         {EM_RISCV, "RISC-V"},
                                                                         {EM_PPC64, "PowerPC 64"},
                                                                         {EM_S390, "S/390"},
                                                                         {EM_MIPS, "MIPS"}}};
  const auto* const found =
      std::ranges::find(kNames, machine, [](const auto& it) { return it.first; });
  const std::string name =
      found == kNames.end() ? fmt::format("machine {}", machine) : std::string{found->second};
  return fmt::format("{}, {} bits", name, file_class == ELFCLASS32 ? 32 : 64);
}

Header read_header(int descriptor) {
  Header header{};
  std::array<unsigned char, EI_NIDENT> identity{};
  if (!read_at(descriptor, identity.data(), identity.size(), 0) ||
      std::memcmp(identity.data(), ELFMAG, SELFMAG) != 0) {
    refuse("is no shared object: it does not begin as an ELF file does");
  }
  if (!read_at(descriptor, &header, sizeof header, 0)) refuse("is cut off within its header");
  const Header& own = __ehdr_start;
  if (identity[EI_CLASS] != own.e_ident[EI_CLASS] || identity[EI_DATA] != own.e_ident[EI_DATA] ||
      header.e_machine != own.e_machine) {
    refuse(fmt::format("was built for another machine ({}) than this program ({})",
                       machine_name(header.e_machine, identity[EI_CLASS]),
                       machine_name(own.e_machine, own.e_ident[EI_CLASS])));
  }
  if (header.e_type == ET_REL) refuse("is an object file that was not linked: link it by -shared");
  if (header.e_type == ET_EXEC) refuse("is a program, not a shared object: link it by -shared");
  if (header.e_type != ET_DYN) refuse("is no shared object");
  return header;
}

std::vector<Segment> read_segments(int descriptor, const Header& header) {
  if (header.e_phentsize != sizeof(Segment) || header.e_phnum == 0 ||
      header.e_phnum > kMostSegments) {
    refuse("is damaged: it has no table of segments");
  }
  std::vector<Segment> segments(header.e_phnum);
  if (!read_at(descriptor, segments.data(), segments.size() * sizeof(Segment), header.e_phoff)) {
    refuse("is cut off within its table of segments");
  }
  struct stat file{};
  if (::fstat(descriptor, &file) != 0) refuse("cannot be read");
  const auto size = static_cast<std::uint64_t>(file.st_size);
  for (const Segment& segment : segments) {
    // The dynamic loader would map what is not there and die of it.
    if (segment.p_filesz > size || segment.p_offset > size - segment.p_filesz) {
      refuse("is cut off: a segment of it lies beyond its end");
    }
    if (segment.p_type == PT_INTERP) {
      refuse("is a program, not a shared object: link it by -shared");
    }
  }
  return segments;
}

/// Take the modules out of one segment of notes.
void take_notes(std::string_view notes, std::size_t alignment,
                std::vector<detail::ModuleDescription>& found) {
  const auto aligned = [alignment](std::size_t size) {
    return (size + alignment - 1) / alignment * alignment;
  };
  while (notes.size() >= sizeof(NoteHead)) {
    NoteHead head{};
    std::memcpy(&head, notes.data(), sizeof head);
    const std::size_t begin = aligned(sizeof head + head.n_namesz);
    const std::size_t end = begin + head.n_descsz;
    if (head.n_namesz > kMostNoteBytes || head.n_descsz > kMostNoteBytes || end > notes.size()) {
      refuse("is damaged: one of its notes is longer than all of them");
    }
    if (notes.substr(sizeof head, head.n_namesz) == kOwner && found.size() < kMostModules) {
      detail::ModuleDescription description{};
      static_assert(std::is_trivially_copyable_v<detail::ModuleDescription>);
      // One by a later Stint may be longer: its first fields are the same.
      std::memcpy(&description, notes.data() + begin,
                  std::min<std::size_t>(head.n_descsz, sizeof description));
      found.push_back(description);
    }
    notes.remove_prefix(std::min(aligned(end), notes.size()));
  }
}

std::vector<detail::ModuleDescription> read_descriptions(int descriptor) {
  std::vector<detail::ModuleDescription> found;
  for (const Segment& segment : read_segments(descriptor, read_header(descriptor))) {
    if (segment.p_type != PT_NOTE || segment.p_filesz > kMostNoteBytes) continue;
    std::string notes(segment.p_filesz, '\0');
    if (!read_at(descriptor, notes.data(), notes.size(), segment.p_offset)) {
      refuse("cannot be read");
    }
    take_notes(notes, segment.p_align == 8 ? 8 : 4, found);
  }
  return found;
}

template <std::size_t Size>
std::string text_of(const char (&text)[Size]) {  // NOLINT(modernize-avoid-c-arrays): of the note
  return sanitize_text(std::string_view{text, ::strnlen(text, Size)});
}

std::string library_name(std::uint32_t abi) {
  constexpr std::uint32_t kDebug = 16;
  constexpr std::array<std::string_view, 4> kNames{"no known standard library", "libstdc++",
                                                   "libstdc++ with its old strings", "libc++"};
  const std::uint32_t kind = abi % kDebug;
  return fmt::format("{}{}", kNames.at(kind < kNames.size() ? kind : 0),
                     abi >= kDebug ? " with debug containers" : "");
}

std::string dotted(std::uint32_t version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100, version % 100);
}

}  // namespace

detail::ModuleAbi own_module_abi() {
  static constexpr detail::ModuleNote kOwn =
      detail::make_module_note("program", detail::kModuleLayout);
  return kOwn.description.abi;
}

std::vector<std::string> abi_differences(const detail::ModuleAbi& theirs) {
  const detail::ModuleAbi ours = own_module_abi();
  std::vector<std::string> result;
  const auto note = [&result](std::string_view what, const auto& a, const auto& b) {
    result.push_back(fmt::format("{} {} (here {})", what, a, b));
  };
  if (theirs.stint != ours.stint) note("module interface", theirs.stint, ours.stint);
  constexpr std::uint32_t kFamily = 1000;
  if (theirs.compiler / kFamily != ours.compiler / kFamily) {
    note("C++ ABI", theirs.compiler, ours.compiler);
  }
  if (theirs.standard_library != ours.standard_library) {
    note("the standard library", library_name(theirs.standard_library),
         library_name(ours.standard_library));
  }
  if (theirs.json != ours.json) note("nlohmann-json", dotted(theirs.json), dotted(ours.json));
  // Its names carry the major version, and nothing of it passes between module and program.
  constexpr std::uint32_t kMajor = 10000;
  if (theirs.fmt / kMajor != ours.fmt / kMajor) note("fmt", dotted(theirs.fmt), dotted(ours.fmt));
  if (result.empty() && theirs.layout != ours.layout) {
    note("layout of Stint's types", fmt::format("{:08x}", theirs.layout),
         fmt::format("{:08x}", ours.layout));
  }
  return result;
}

std::vector<std::string> read_module_notes(int descriptor) {
  std::vector<std::string> names;
  for (const detail::ModuleDescription& module : read_descriptions(descriptor)) {
    const std::vector<std::string> differences = abi_differences(module.abi);
    if (!differences.empty()) {
      refuse(
          fmt::format("was built with Stint {} for another kind of program: {}; this program has "
                      "Stint {}: build the module again with the headers of that",
                      text_of(module.version), fmt::join(differences, ", "), STINT_VERSION));
    }
    names.push_back(text_of(module.module));
  }
  if (names.empty()) {
    refuse("has no module of Stint in it: none of its sources uses STINT_MODULE");
  }
  return names;
}

}  // namespace stint
