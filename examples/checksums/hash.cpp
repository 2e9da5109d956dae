#include "hash.hpp"
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <openssl/evp.h>

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* digest) const { EVP_MD_CTX_free(digest); }
};

void require(int openssl_result) {
  if (openssl_result != 1) throw std::runtime_error{"libcrypto cannot compute SHA-256"};
}

[[noreturn]] void reject(const std::string& path) {
  throw stint::Reject{path + ": " + std::strerror(errno)};
}

std::string hexadecimal(const unsigned char* bytes, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

}  // namespace

Checksum sha256_of(stint::Job& job, const std::string& path) {
  const std::unique_ptr<std::FILE, CloseFile> file{std::fopen(path.c_str(), "rbe")};
  if (!file) reject(path);
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest{EVP_MD_CTX_new()};
  require(EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr));

  Checksum result;
  std::array<unsigned char, std::size_t{64} << 10> piece{};
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) {
    require(EVP_DigestUpdate(digest.get(), piece.data(), got));
    result.bytes += static_cast<std::int64_t>(got);
    job.check_stop();
  }
  if (std::ferror(file.get()) != 0) reject(path);

  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(digest.get(), hash.data(), &size));
  result.sha256 = hexadecimal(hash.data(), size);
  return result;
}
