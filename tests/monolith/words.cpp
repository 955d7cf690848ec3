#include "words.hpp"

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace godwit::monolith {
namespace {

using std::string_view;

constexpr std::array<string_view, 20> kCountryCodes = {"AT", "BE", "CH", "CZ", "DE", "DK", "ES",
                                                       "FI", "FR", "GB", "GR", "IE", "IT", "JP",
                                                       "NL", "NO", "PL", "PT", "SE", "US"};

constexpr std::array<string_view, 20> kCountries = {
    "Österreich", "België", "Schweiz",        "Česko",    "Deutschland", "Danmark",      "España",
    "Suomi",      "France", "United Kingdom", "Ελλάδα",   "Éire",        "Italia",       "日本",
    "Nederland",  "Norge",  "Polska",         "Portugal", "Sverige",     "United States"};

constexpr std::array<string_view, 8> kCurrencyCodes = {"CHF", "CZK", "DKK", "EUR",
                                                       "GBP", "JPY", "SEK", "USD"};

constexpr std::array<string_view, 8> kCurrencies = {
    "Franken", "koruna", "krone", "Euro", "pound sterling", "円", "krona", "US dollar"};

constexpr std::array<string_view, 16> kFirstNames = {
    "Anna",  "Björn",  "Chloé",    "Dmitri", "Elif",  "François", "Grażyna", "Håkon",
    "Iñaki", "Jürgen", "Katarína", "Łukasz", "María", "Nguyễn",   "Søren",   "陽子"};

constexpr std::array<string_view, 16> kLastNames = {
    "Andersson", "Bianchi", "Çelik",        "Dvořák",    "O'Brien",  "Fernández",
    "Großmann",  "Hansen",  "Ibsen",        "Jørgensen", "Kowalski", "Lefèvre",
    "Müller",    "Novák",   "Papadopoulos", "d'Arc"};

// latin1 can hold these; they also go into a latin1 column.
constexpr std::array<string_view, 12> kCompanyNames = {
    "Bäckerei Krüger", "Café Zoë",       "Ferretería Peña", "Garage Lévêque",
    "Hôtel du Nord",   "Imprimerie Ça",  "Kjøkken & Bad",   "Möbel \"Groß\"",
    "O'Hara & Sons",   "Smørrebrød ApS", "Tischlerei Böhm", "Viñedos del Ebro"};

constexpr std::array<string_view, 8> kCompanyForms = {"AB",  "A/S",  "B.V.", "GmbH",
                                                      "Ltd", "S.A.", "SARL", "S.r.l."};

constexpr std::array<string_view, 12> kStreets = {"Bahnhofstraße", "rue de la Paix", "Calle Mayor",
                                                  "Via Roma",      "Storgatan",      "High Street",
                                                  "Nørregade",     "ul. Długa",      "Rua Augusta",
                                                  "Keizersgracht", "Náměstí Míru",   "銀座通り"};

constexpr std::array<string_view, 12> kCities = {"Århus", "Łódź",   "München", "Orléans",
                                                 "Cádiz", "Genève", "Köln",    "Malmö",
                                                 "Brno",  "Évora",  "Zürich",  "東京"};

constexpr std::array<string_view, 12> kProducts = {
    "hex bolt", "oak board", "pump",   "cable reel", "LED panel",   "work glove",
    "Schraube", "câble",     "tuerca", "piastra",    "škoda wheel", "工具箱"};

constexpr std::array<string_view, 8> kAdjectives = {
    "blue", "galvanised", "heavy", "light", "narrow", "spare", "stainless", "weatherproof"};

constexpr std::array<string_view, 8> kUnits = {"pc", "m", "m²", "kg", "l", "box", "h", "set"};

constexpr std::array<string_view, 8> kTitles = {"",     "Dr.", "Prof.", "Ing.",
                                                "Frau", "M.",  "Mme",   "Sr."};

constexpr std::array<string_view, 12> kLabels = {
    "gold",       "silver", "at risk 🔥", "trade fair", "newsletter", "Großkunde",
    "à relancer", "VIP ⭐",  "no calls",  "partner",    "test",       "50 % off"};

constexpr std::array<string_view, 12> kSentences = {
    "Called back, wants the offer by Friday.",
    "Très satisfait de la livraison 😀.",
    "Price is \"too high\", says O'Neill; ask again in May.",
    "Rückruf vereinbart ☎️ – bitte Unterlagen schicken.",
    "Path is C:\\orders\\2024\\new, tab\there.",
    "Line one\nline two\r\nline three",
    "Payment reminder sent 📬📬.",
    "👩‍👩‍👧‍👦 family business, third generation.",
    "Zażółć gęślą jaźń; 100 % sure.",
    "Meeting moved ➡️ Thursday 14:30.",
    "注文書を送りました。",
    "Nothing new. "};

constexpr std::array<string_view, 8> kActions = {"login",  "logout", "view",   "create",
                                                 "update", "delete", "export", "print"};

constexpr std::array<string_view, 8> kEntities = {"customer", "contact", "quote",    "invoice",
                                                  "payment",  "note",    "document", "product"};

constexpr std::array<string_view, 8> kAgents = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1",
    "curl/8.8.0",
    "crm-sync/2.4 (batch)",
    "okhttp/4.12",
    "python-requests/2.32",
    "-"};

constexpr std::array<string_view, 6> kMimeTypes = {"application/pdf", "image/jpeg",
                                                   "image/png",       "text/plain",
                                                   "application/zip", "application/octet-stream"};

constexpr std::array<string_view, 8> kSettings = {
    "locale",         "theme",   "invoice.layout", "mail.signature", "quote.validity_days",
    "export.columns", "dunning", "dashboard"};

constexpr std::array<string_view, 5> kPaymentMethods = {"transfer", "card", "cash", "sepa",
                                                        "cheque"};

constexpr std::array kLists = std::to_array<std::pair<string_view, std::span<const string_view>>>({
    {"actions", kActions},        {"adjectives", kAdjectives},
    {"agents", kAgents},          {"cities", kCities},
    {"companies", kCompanyNames}, {"company_forms", kCompanyForms},
    {"countries", kCountries},    {"country_codes", kCountryCodes},
    {"currencies", kCurrencies},  {"currency_codes", kCurrencyCodes},
    {"entities", kEntities},      {"first_names", kFirstNames},
    {"labels", kLabels},          {"last_names", kLastNames},
    {"mime_types", kMimeTypes},   {"payment_methods", kPaymentMethods},
    {"products", kProducts},      {"sentences", kSentences},
    {"settings", kSettings},      {"streets", kStreets},
    {"titles", kTitles},          {"units", kUnits},
});

}  // namespace

std::span<const string_view> words(string_view list) {
  for (const auto& [name, entries] : kLists) {
    if (name == list) return entries;
  }
  throw std::out_of_range("no word list '" + std::string(list) + "'");
}

}  // namespace godwit::monolith
