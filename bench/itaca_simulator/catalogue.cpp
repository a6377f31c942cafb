// SPDX-License-Identifier: Apache-2.0
#include "catalogue.hpp"

#include <cstdio>

namespace matricula::simulator {

namespace {

constexpr std::string_view flavour_names[flavours] = {"Infantil", "Primaria", "ESO",    "Batxillerat",
                                                      "FP",       "FPA",      "ISEACV", "Especials"};

constexpr subject infantil_subjects[] = {
    {"CRE", "Creixement en harmonia", "Crecimiento en armonía"},
    {"DES", "Descoberta i exploració de l'entorn", "Descubrimiento y exploración del entorno"},
    {"COM", "Comunicació i representació de la realitat", "Comunicación y representación de la realidad"},
    {"VAL", "Valencià", "Valenciano"},
    {"CAS", "Castellà", "Castellano"},
    {"ANG", "Anglés", "Inglés"},
    {"PSI", "Psicomotricitat", "Psicomotricidad"},
    {"MUS", "Música", "Música"},
    {"PLA", "Plàstica", "Plástica"},
    {"REL", "Religió", "Religión"},
};
constexpr subject primaria_subjects[] = {
    {"MAT", "Matemàtiques", "Matemáticas"},
    {"VAL", "Valencià: Llengua i Literatura", "Valenciano: Lengua y Literatura"},
    {"CAS", "Llengua Castellana i Literatura", "Lengua Castellana y Literatura"},
    {"ANG", "Llengua Estrangera: Anglés", "Lengua Extranjera: Inglés"},
    {"CNA", "Coneixement del Medi Natural", "Conocimiento del Medio Natural"},
    {"CSO", "Coneixement del Medi Social i Cultural", "Conocimiento del Medio Social y Cultural"},
    {"EFI", "Educació Física", "Educación Física"},
    {"MUS", "Música i Dansa", "Música y Danza"},
    {"PLA", "Educació Plàstica i Visual", "Educación Plástica y Visual"},
    {"TUT", "Tutoria", "Tutoría"},
    {"REL", "Religió", "Religión"},
};
constexpr subject eso_subjects[] = {
    {"MAT", "Matemàtiques", "Matemáticas"},
    {"VAL", "Valencià: Llengua i Literatura", "Valenciano: Lengua y Literatura"},
    {"CAS", "Llengua Castellana i Literatura", "Lengua Castellana y Literatura"},
    {"ANG", "Llengua Estrangera: Anglés", "Lengua Extranjera: Inglés"},
    {"GH", "Geografia i Història", "Geografía e Historia"},
    {"BG", "Biologia i Geologia", "Biología y Geología"},
    {"FQ", "Física i Química", "Física y Química"},
    {"EFI", "Educació Física", "Educación Física"},
    {"TEC", "Tecnologia i Digitalització", "Tecnología y Digitalización"},
    {"EPV", "Educació Plàstica, Visual i Audiovisual", "Educación Plástica, Visual y Audiovisual"},
    {"FRA", "Segona Llengua Estrangera: Francés", "Segunda Lengua Extranjera: Francés"},
};
constexpr subject batxillerat_subjects[] = {
    {"VAL", "Valencià: Llengua i Literatura", "Valenciano: Lengua y Literatura"},
    {"CAS", "Llengua Castellana i Literatura", "Lengua Castellana y Literatura"},
    {"ANG", "Llengua Estrangera: Anglés", "Lengua Extranjera: Inglés"},
    {"FIL", "Filosofia", "Filosofía"},
    {"HIS", "Història d'Espanya", "Historia de España"},
    {"MAT", "Matemàtiques", "Matemáticas"},
    {"EFI", "Educació Física", "Educación Física"},
    {"ECO", "Economia", "Economía"},
    {"DIB", "Dibuix Tècnic", "Dibujo Técnico"},
    {"BCA", "Biologia, Geologia i Ciències Ambientals", "Biología, Geología y Ciencias Ambientales"},
    {"PSI", "Psicologia i Sociologia", "Psicología y Sociología"},
};
constexpr subject fp_subjects[] = {
    {"0483", "Sistemes informàtics", "Sistemas informáticos"},
    {"0484", "Bases de dades", "Bases de datos"},
    {"0485", "Programació", "Programación"},
    {"0373", "Llenguatges de marques", "Lenguajes de marcas"},
    {"0487", "Entorns de desenvolupament", "Entornos de desarrollo"},
    {"1664", "Digitalització aplicada", "Digitalización aplicada"},
    {"1708", "Sostenibilitat aplicada", "Sostenibilidad aplicada"},
    {"1709", "Itinerari personal per a l'ocupabilitat", "Itinerario personal para la empleabilidad"},
    {"0179", "Anglés professional", "Inglés profesional"},
    {"1713", "Projecte intermodular", "Proyecto intermodular"},
    {"0000", "Mòdul optatiu", "Módulo optativo"},
};
constexpr subject fpa_subjects[] = {
    {"VAL", "Àmbit de comunicació: valencià", "Ámbito de comunicación: valenciano"},
    {"CAS", "Àmbit de comunicació: castellà", "Ámbito de comunicación: castellano"},
    {"MAT", "Àmbit cientificotecnològic: matemàtiques", "Ámbito científico-tecnológico: matemáticas"},
    {"NAT", "Àmbit cientificotecnològic: natura", "Ámbito científico-tecnológico: naturaleza"},
    {"SOC", "Àmbit social", "Ámbito social"},
    {"ANG", "Anglés", "Inglés"},
    {"INF", "Informàtica", "Informática"},
    {"OAP", "Orientació acadèmica i professional", "Orientación académica y profesional"},
    {"COL", "Col·loqui en valencià", "Coloquio en valenciano"},
};
constexpr subject iseacv_subjects[] = {
    {"LM", "Llenguatge musical", "Lenguaje musical"},
    {"INS", "Instrument", "Instrumento"},
    {"COR", "Cor", "Coro"},
    {"CON", "Conjunt", "Conjunto"},
    {"HAR", "Harmonia", "Armonía"},
    {"PIA", "Piano complementari", "Piano complementario"},
    {"HMU", "Història de la música", "Historia de la música"},
    {"ANA", "Anàlisi", "Análisis"},
    {"ORQ", "Orquestra i banda", "Orquesta y banda"},
    {"DOL", "Tècnica Alexander", "Técnica Alexander"},
};
constexpr subject especials_subjects[] = {
    {"AUT", "Autonomia personal", "Autonomía personal"},
    {"CLL", "Comunicació i llenguatge", "Comunicación y lenguaje"},
    {"HAB", "Habilitats socials", "Habilidades sociales"},
    {"MAT", "Raonament matemàtic", "Razonamiento matemático"},
    {"PSI", "Psicomotricitat i fisioteràpia", "Psicomotricidad y fisioterapia"},
    {"MUS", "Musicoteràpia", "Musicoterapia"},
    {"TAL", "Taller ocupacional", "Taller ocupacional"},
    {"EFI", "Educació Física adaptada", "Educación Física adaptada"},
    {"HOR", "Hort escolar", "Huerto escolar"},
};

constexpr std::span<const subject> subjects_of[flavours] = {
    infantil_subjects, primaria_subjects, eso_subjects,    batxillerat_subjects,
    fp_subjects,       fpa_subjects,      iseacv_subjects, especials_subjects};

struct course_line {
  flavour taught_in;
  std::string_view name;
  std::string_view short_name;
  int age;
};

constexpr course_line course_lines[] = {
    {flavour::infantil, "Infantil 3 anys", "3INF", 3},
    {flavour::infantil, "Infantil 4 anys", "4INF", 4},
    {flavour::infantil, "Infantil 5 anys", "5INF", 5},
    {flavour::primaria, "1r Primària", "1PRI", 6},
    {flavour::primaria, "2n Primària", "2PRI", 7},
    {flavour::primaria, "3r Primària", "3PRI", 8},
    {flavour::primaria, "4t Primària", "4PRI", 9},
    {flavour::primaria, "5é Primària", "5PRI", 10},
    {flavour::primaria, "6é Primària", "6PRI", 11},
    {flavour::eso, "1r ESO", "1ESO", 12},
    {flavour::eso, "2n ESO", "2ESO", 13},
    {flavour::eso, "3r ESO", "3ESO", 14},
    {flavour::eso, "4t ESO", "4ESO", 15},
    {flavour::batxillerat, "1r Batx. Ciències i Tecnologia", "1BAC", 16},
    {flavour::batxillerat, "1r Batx. Humanitats i CCSS", "1BAH", 16},
    {flavour::batxillerat, "2n Batx. Ciències i Tecnologia", "2BAC", 17},
    {flavour::batxillerat, "2n Batx. Humanitats i CCSS", "2BAH", 17},
    {flavour::fp, "1r CFGM Sistemes Microinformàtics i Xarxes", "1SMR", 17},
    {flavour::fp, "2n CFGM Sistemes Microinformàtics i Xarxes", "2SMR", 18},
    {flavour::fp, "1r CFGS Desenvolupament d'Aplicacions Web", "1DAW", 19},
    {flavour::fp, "2n CFGS Desenvolupament d'Aplicacions Web", "2DAW", 20},
    {flavour::fp, "1r CFGM Gestió Administrativa", "1GAD", 17},
    {flavour::fp, "2n CFGM Gestió Administrativa", "2GAD", 18},
    {flavour::fp, "1r CFGM Cures Auxiliars d'Infermeria", "1CAI", 17},
    {flavour::fp, "2n CFGM Cures Auxiliars d'Infermeria", "2CAI", 18},
    {flavour::fp, "1r CFGS Educació Infantil", "1EDI", 19},
    {flavour::fp, "2n CFGS Educació Infantil", "2EDI", 20},
    {flavour::fpa, "FPA Cicle I: alfabetització", "1FPA", 40},
    {flavour::fpa, "FPA Cicle II: graduat en ESO", "2FPA", 30},
    {flavour::fpa, "Preparació de la prova d'accés", "PAC", 25},
    {flavour::fpa, "Valencià per a persones adultes", "VPA", 45},
    {flavour::iseacv, "1r Ensenyances Elementals de Música", "1EEM", 9},
    {flavour::iseacv, "3r Ensenyances Elementals de Música", "3EEM", 11},
    {flavour::iseacv, "1r Ensenyances Professionals de Música", "1EPM", 13},
    {flavour::iseacv, "4t Ensenyances Professionals de Música", "4EPM", 16},
    {flavour::especials, "Educació Bàsica Obligatòria, cicle I", "1EBO", 8},
    {flavour::especials, "Educació Bàsica Obligatòria, cicle II", "2EBO", 13},
    {flavour::especials, "Transició a la Vida Adulta", "TVA", 17},
};

std::vector<course> make_courses() {
  std::vector<course> made;
  int ordinal = 0;
  for (const auto& line : course_lines) {
    course next{};
    std::snprintf(next.code, sizeof next.code, "%010d", 1010000100 + 7 * ordinal);
    next.name = line.name;
    next.short_name = line.short_name;
    next.taught_in = line.taught_in;
    next.age = line.age;
    const auto all = subjects_of[static_cast<std::size_t>(line.taught_in)];
    const auto spare = all.size() - 8;
    const auto count = 8 + (spare == 0 ? 0 : static_cast<std::size_t>(ordinal) * 3 % (spare + 1));
    next.subjects.assign(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    made.push_back(std::move(next));
    ++ordinal;
  }
  return made;
}

constexpr given_name given_name_list[] = {
    {"Núria", "nuria"},        {"Àngels", "angels"},   {"Vicenç", "vicenc"},     {"Marçal", "marcal"},
    {"Marcel·la", "marcella"}, {"Gal·la", "galla"},    {"Estel·la", "estella"},  {"Gal·lia", "gallia"},
    {"Josep", "josep"},        {"Maria", "maria"},     {"Andreu", "andreu"},     {"Àlex", "alex"},
    {"Mireia", "mireia"},      {"Òscar", "oscar"},     {"Rubén", "ruben"},       {"Lucía", "lucia"},
    {"Martina", "martina"},    {"Hugo", "hugo"},       {"Laia", "laia"},         {"Iñaki", "inaki"},
    {"Begoña", "begona"},      {"Raül", "raul"},       {"Lluís", "lluis"},       {"Ïngrid", "ingrid"},
    {"Fàtima", "fatima"},      {"Youssef", "youssef"}, {"Ștefania", "stefania"}, {"Andrei", "andrei"},
    {"Carme", "carme"},        {"Empar", "empar"},     {"Ferran", "ferran"},     {"Ximo", "ximo"},
    {"Neus", "neus"},          {"Ximena", "ximena"},   {"Pau", "pau"},           {"Joan Baptista", "joanb"},
    {"Mª del Mar", "mmar"},    {"Salvador", "salva"},  {"Tomàs", "tomas"},       {"Remei", "remei"},
    {"Aitana", "aitana"},      {"Marc", "marc"},       {"Inés", "ines"},         {"Adrià", "adria"},
    {"Blanca", "blanca"},      {"Sergi", "sergi"},     {"Zoe", "zoe"},           {"Gonçal", "goncal"},
};

constexpr std::string_view surname_list[] = {
    "Garcia",
    "Martínez",
    "Muñoz",
    "Ferràndiz",
    "Peiró",
    "Sebastià",
    "Llopis",
    "Bertomeu",
    "Puçol",
    "Col·lell",
    "Montllor",
    "Sempere",
    "Vall-llosera",
    "D'Alacant",
    "O'Connor",
    "Gonçalves",
    "Ibáñez",
    "Català",
    "Climent",
    "Domènech",
    "Escrivà",
    "Fuster",
    "Gisbert",
    "Hernández",
    "Iborra",
    "Jordà",
    "Lledó",
    "Marzà",
    "Navarro",
    "Olcina",
    "Pérez",
    "Quiles",
    "Ribes",
    "Sanchis",
    "Tormo",
    "Ureña",
    "Vidal",
    "Zaragozà",
    "Agulló",
    "Blasco",
    "Castelló",
    "Devesa",
    "Estellés",
    "Ferrer i Guàrdia",
    "Giménez",
    "Beltran",
    "Roselló",
    "Soler",
    "Torregrosa",
    "Valls",
    "Mas",
    "Pla",
    "Roig",
    "Signes",
    "Benàssar",
    "Çelik",
    "El Amrani",
    "Ionescu",
    "Popa",
    "Zhang",
    "Nuñez",
    "Güell",
    "Miquel i Diego",
    "Satorres",
};

constexpr std::string_view centre_name_list[] = {
    "Jaume I",
    "Joan Fuster",
    "Mestre Ramon Esteve",
    "La Serrania",
    "L'Almadrava",
    "Sant Vicent Ferrer",
    "Enric Valor",
    "Vicent Andrés Estellés",
    "Serra Mariola",
    "El Cabanyal",
    "Penyagolosa",
    "La Foia d'Elx",
    "Barri del Cristo",
    "Riu Túria",
    "Marjal de Pego",
    "Montserrat Roig",
    "Isabel de Villena",
    "Ausiàs March",
    "Joanot Martorell",
    "Puig Campana",
    "Camp de Morvedre",
    "Les Alqueries",
    "El Pla",
    "Mare Nostrum",
    "Camí de l'Alguer",
    "Honori Garcia",
    "Tirant lo Blanc",
    "Cel·la de Sant Antoni",
    "Serra d'Espadà",
    "La Plana",
};

}  // namespace

std::string_view name_of(flavour f) { return flavour_names[static_cast<std::size_t>(f)]; }

std::span<const course> courses() {
  static const std::vector<course> made = make_courses();
  return made;
}

std::uint16_t first_course(flavour f) {
  std::uint16_t number = 0;
  while (course_lines[number].taught_in != f)
    ++number;
  return number;
}

std::uint16_t course_count(flavour f) {
  std::uint16_t count = 0;
  for (const auto& line : course_lines)
    count = static_cast<std::uint16_t>(count + (line.taught_in == f ? 1 : 0));
  return count;
}

std::span<const given_name> given_names() { return given_name_list; }
std::span<const std::string_view> surnames() { return surname_list; }
std::span<const std::string_view> centre_names() { return centre_name_list; }

}  // namespace matricula::simulator
