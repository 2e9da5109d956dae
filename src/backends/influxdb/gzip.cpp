#include "backends/influxdb/gzip.hpp"
#include <zlib.h>
#include <new>

namespace stint::influxdb {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, and the header of gzip
constexpr int kMemory = 8;

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  if (::deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemory,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc{};
  }
  std::string input{text};  // zlib's pointers are not const
  std::string result(::deflateBound(&stream, input.size()), '\0');
  // NOLINTBEGIN: bytes of zlib are unsigned
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  // NOLINTEND
  ::deflate(&stream, Z_FINISH);  // all of it: there is room for the worst case
  result.resize(stream.total_out);
  ::deflateEnd(&stream);
  return result;
}

}  // namespace stint::influxdb
