/** Codes of countries (ISO 3166-1 alpha-2) and of languages (ISO 639-1), one behind the other. */

const COUNTRIES: string =
  "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHER" +
  "ESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLT" +
  "LULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSI" +
  "SJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

const LANGUAGES: string =
  "aaabaeafakamanarasavayazbabebgbhbibmbnbobrbscacechcocrcscucvcydadedvdzeeeleneoeseteufafffifjfofrfygagdglgngugvhahehihohrhthuhyhz" +
  "iaidieigiiikioisitiujajvkakgkikjkkklkmknkokrkskukvkwkylalblglilnloltlulvmgmhmimkmlmnmrmsmtmynanbndnengnlnnnonrnvnyocojomorospapiplpspt" +
  "qurmrnrorurwsascsdsesgsiskslsmsnsosqsrssstsuswsvtatetgthtitktltntotrtstttwtyugukuruzvevivowawoxhyiyozazhzu";

export function isCountry(ptr: usize, len: u32): bool {
  return len == 2 && has(COUNTRIES, ptr);
}

export function isLanguage(ptr: usize, len: u32): bool {
  return len == 2 && has(LANGUAGES, ptr);
}

/** Whether the two bytes at `ptr` are one of the codes. */
function has(codes: string, ptr: usize): bool {
  for (let c = 0; c < codes.length; c += 2) {
    if (codes.charCodeAt(c) == load<u8>(ptr) && codes.charCodeAt(c + 1) == load<u8>(ptr, 1)) return true;
  }
  return false;
}
