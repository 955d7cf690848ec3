#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <new>
#include <type_traits>

#include <catch2/catch.hpp>

#include "godwit/core/error.hpp"
#include "godwit/core/secret.hpp"

using namespace godwit;

namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) {
  out << value;
};
template <class T>
concept Comparable = requires(const T& value) {
  value == value;  // NOLINT(misc-redundant-expression): whether it compiles is the question
};

static_assert(!Streamable<Secret>, "a secret must not be printable");
static_assert(!Comparable<Secret>, "a secret must not be comparable by accident");
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);

class PasswordFile {
 public:
  PasswordFile(const std::string& content, mode_t mode) {
    path_ =
        (std::filesystem::temp_directory_path() / ("godwit-secret-" + std::to_string(::getpid())))
            .string();
    std::ofstream(path_, std::ios::binary) << content;
    ::chmod(path_.c_str(), mode);
  }
  ~PasswordFile() { std::filesystem::remove(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("a secret's bytes are wiped when it goes") {
  // Short texts live within the object itself, so its storage can be looked at afterwards.
  alignas(Secret) unsigned char storage[sizeof(Secret)] = {};
  auto* secret = new (storage) Secret(std::string("hunter2"));
  const std::string before(reinterpret_cast<const char*>(storage), sizeof storage);
  REQUIRE(before.find("hunter2") != std::string::npos);
  secret->~Secret();
  const volatile unsigned char* bytes = storage;
  std::string after;
  for (std::size_t i = 0; i < sizeof storage; ++i)
    after += static_cast<char>(bytes[i]);
  CHECK(after.find("hunter2") == std::string::npos);
  CHECK(after.find("unter") == std::string::npos);
}

TEST_CASE("moving a secret leaves nothing behind") {
  alignas(Secret) unsigned char storage[sizeof(Secret)] = {};
  auto* secret = new (storage) Secret(std::string("hunter2"));
  Secret target = std::move(*secret);
  CHECK(target.reveal() == "hunter2");
  CHECK(secret->empty());
  std::string left(reinterpret_cast<const char*>(storage), sizeof storage);
  CHECK(left.find("unter") == std::string::npos);

  *secret = Secret(std::string("other"));
  target = std::move(*secret);
  CHECK(target.reveal() == "other");
  left.assign(reinterpret_cast<const char*>(storage), sizeof storage);
  CHECK(left.find("ther") == std::string::npos);
  secret->~Secret();

  const Secret copy = target;
  CHECK(copy.reveal() == "other");
  target = copy;
  CHECK(target.reveal() == "other");
}

TEST_CASE("a password file gives its first line") {
  struct Case {
    std::string content;
    std::string password;
  };
  const auto c = GENERATE(values<Case>({{"s3cret", "s3cret"},
                                        {"s3cret\n", "s3cret"},
                                        {"s3cret\r\nmore\n", "s3cret"},
                                        {" with spaces \n", " with spaces "},
                                        {"p\xc3\xa4ss\n", "p\xc3\xa4ss"}}));
  CHECK(Secret::from_file(PasswordFile(c.content, 0600).path()).reveal() == c.password);
  CHECK(Secret::from_file(PasswordFile(c.content, 0400).path()).reveal() == c.password);
}

TEST_CASE("a password file that others may read is refused, its content never shown") {
  const mode_t mode = GENERATE(0640, 0604, 0644, 0660, 0610, 0777);
  const PasswordFile file("hunter2\n", mode);
  try {
    Secret::from_file(file.path());
    FAIL("was accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::usage);
    CHECK(std::string(error.what()).find("others than its owner") != std::string::npos);
    CHECK(error.hint() == "Run: chmod 600 " + file.path());
    CHECK(std::string(error.what()).find("hunter2") == std::string::npos);
  }
}

TEST_CASE("files without a usable password are refused") {
  CHECK_THROWS_WITH(Secret::from_file(PasswordFile("", 0600).path()),
                    Catch::EndsWith("has an empty first line"));
  CHECK_THROWS_WITH(Secret::from_file(PasswordFile("\nhunter2\n", 0600).path()),
                    Catch::EndsWith("has an empty first line"));
  CHECK_THROWS_WITH(Secret::from_file(PasswordFile(std::string("a\0b", 3), 0600).path()),
                    Catch::EndsWith("holds a NUL byte"));
  CHECK_THROWS_WITH(Secret::from_file(PasswordFile(std::string(5000, 'x'), 0600).path()),
                    Catch::Contains("more than 4096 bytes"));
  CHECK_THROWS_WITH(Secret::from_file("/nonexistent/password"),
                    Catch::Contains("No such file or directory"));
  CHECK_THROWS_WITH(Secret::from_file("/"), Catch::Contains("not a regular file"));
}

TEST_CASE("passwords in connection strings are found and hidden") {
  struct Case {
    const char* uri;
    const char* shown;  // the same text: no password in it
  };
  const auto c = GENERATE(values<Case>({
      {"mariadb://godwit@db1:3306/?ssl=verify-full", "mariadb://godwit@db1:3306/?ssl=verify-full"},
      {"mariadb://db1:3306", "mariadb://db1:3306"},
      {"postgresql://h1:5432,h2:5432/db?application_name=a@b",
       "postgresql://h1:5432,h2:5432/db?application_name=a@b"},
      {"postgresql://u@[::1]:5432/db", "postgresql://u@[::1]:5432/db"},
      {"host=db1 user=godwit", "host=db1 user=godwit"},
      {"mariadb://u:hunter2@db1:3306/", "mariadb://u:***@db1:3306/"},
      {"mariadb://u:hunter2@db1:3306/?x=a@b", "mariadb://u:***@db1:3306/?x=a@b"},
      {"mariadb://u:@db1", "mariadb://u:***@db1"},
      {"mariadb://u:hun@ter2@db1/", "mariadb://u:***@db1/"},
      {"mariadb://u:hun/ter2@db1/x", "mariadb://u:***@db1/x"},
      {"mariadb://u:hun?ter2@db1/x", "mariadb://u:***@db1/x"},
      {"postgresql://u@h/db?password=hunter2&sslmode=require",
       "postgresql://u@h/db?password=***&sslmode=require"},
      {"postgresql://h/db?user=u&PassWord=hunter2", "postgresql://h/db?user=u&PassWord=***"},
      {"postgresql://u:hunter2@h/db?sslpassword=hunter2",
       "postgresql://u:***@h/db?sslpassword=***"},
      {"host=db1 password=hunter2 user=u", "host=db1 password=*** user=u"},
      {"password = 'hun ter\\'2' user=u", "password = *** user=u"},
      {"user=u password=hunter2", "user=u password=***"},
      {"", ""},
  }));
  CAPTURE(c.uri);
  CHECK(redact_uri(c.uri) == c.shown);
  CHECK(holds_password(c.uri) == (std::string(c.uri) != c.shown));
  CHECK(redact_uri(c.uri).find("ter2") == std::string::npos);
}
