//! Words that mean nearly the same in requests and in descriptions of tools. The tables are short on purpose and are
//! reviewed by people: a row must hold for any catalog. Names no server and no product's tool.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::stems::stemmer;

/// The stems that a stem may stand for, each once.
pub(crate) fn synonyms(stem: &str) -> &'static [String] {
    static TABLE: OnceLock<HashMap<String, Vec<String>>> = OnceLock::new();
    TABLE
        .get_or_init(table)
        .get(stem)
        .map_or(&[], |found| found.as_slice())
}

fn table() -> HashMap<String, Vec<String>> {
    let stemmer = stemmer();
    let stems = |row: &str| -> Vec<String> {
        let words = row.split_whitespace();
        words.map(|word| stemmer.stem(word).into_owned()).collect()
    };
    let mut table: HashMap<String, Vec<String>> = HashMap::new();
    let mut add = |from: &String, to: &String| {
        let known = table.entry(from.clone()).or_default();
        if from != to && !known.contains(to) {
            known.push(to.clone());
        }
    };
    for row in SAME.lines() {
        let row = stems(row);
        for from in &row {
            row.iter().for_each(|to| add(from, to));
        }
    }
    for row in KINDS.lines() {
        if let Some((from, kinds)) = stems(row).split_first() {
            kinds.iter().for_each(|to| add(from, to));
        }
    }
    table
}

/// One row: each of the words may stand for each other one of its row.
const SAME: &str = "\
show display view read open print
get fetch retrieve obtain read download
list enumerate show listing browse
find search locate discover lookup query seek
create new generate build produce define
add insert append attach
delete remove erase drop destroy clear discard
update edit modify alter patch change
write save store persist record overwrite
rename move relocate
copy duplicate clone
convert transform translate export
send post publish submit
run execute invoke perform launch
start begin launch
stop kill terminate halt cancel abort
check verify validate test
compare diff difference
merge combine join concatenate
split divide separate
calculate compute evaluate math arithmetic estimate
connect link relate relation relationship edge
schedule plan arrange
suggest recommend recommendation propose
summary summarize overview abstract digest
analyze analysis analytics examine inspect
extract parse
draw plot chart graph diagram visualize
info information detail metadata describe property
undo revert reset restore rollback
switch checkout toggle
allow permit authorize permission access
upload import
directory folder dir subfolder subdirectory
file document
repository repo
issue ticket bug
image picture photo figure illustration
video movie film clip
audio sound music song
email mail message inbox
message chat conversation
user account profile member
person people contact
date day today tomorrow calendar
time clock now hour
timezone timestamp time
event meeting appointment calendar
weather forecast temperature climate
location place coordinate position geographic
address location geocode
route direction navigation
trip travel tour itinerary journey
hotel accommodation lodging
restaurant dining cafe food
near nearby around closest
price cost fee quote value
stock share equity ticker
company corporation business firm
cryptocurrency crypto bitcoin ethereum coin
currency exchange forex
news headline story
paper publication literature preprint research
article paper publication
web website webpage site page url internet online
database sql sqlite table
row record entry
column field schema attribute
schema structure definition describe
spreadsheet excel workbook worksheet sheet xlsx csv
presentation slide powerpoint ppt pptx deck slideshow
word docx document doc
markdown md
text content plain
entity node object
note memo observation
memory knowledge remember recall
log history
commit revision
container docker
cluster kubernetes pod
process program
task todo reminder job
setting config configuration preference option
trend trending popular hot rank ranking top
latest recent new current
train rail railway
flight airline airplane
library package dependency module
documentation docs manual guide
code source script
transcript subtitle caption
recipe meal dish cooking food
tree hierarchy nested recursive
line row
pattern regex glob";

/// One row: the first word is a kind of the others. A request for the kind does not mean the first word.
const KINDS: &str = "\
pptx presentation
docx word document
xlsx excel spreadsheet
md markdown
png image
jpg image
jpeg image
svg image
gif image
csv spreadsheet table
txt text
html web
mp3 audio
wav audio
mp4 video
yaml config
gold metal
silver metal
copper metal
platinum metal
dollar currency
euro currency
pound currency
yen currency
yuan currency
celsius temperature
fahrenheit temperature
rain weather
snow weather
mysql database
postgres database
mongodb database
redis cache key
gmail email
outlook email
slack message channel
discord message channel
telegram message
github repository
gitlab repository
jira issue
kubectl kubernetes
chrome browser
firefox browser
python code
javascript code
typescript code
rust code
spanish language
german language
french language
chinese language
monday date
friday date
january date
december date
yesterday date
tweet post";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_holds_in_both_directions_and_a_kind_in_one() {
        assert!(synonyms("folder").contains(&"directori".to_owned()));
        assert!(synonyms("directori").contains(&"folder".to_owned()));
        assert!(synonyms("png").contains(&"imag".to_owned()));
        assert!(!synonyms("imag").contains(&"png".to_owned()));
        assert!(synonyms("xylophon").is_empty());
    }

    #[test]
    fn no_row_has_a_word_twice_or_stands_alone() {
        for row in SAME.lines().chain(KINDS.lines()) {
            let words: Vec<&str> = row.split_whitespace().collect();
            let unique: std::collections::HashSet<_> = words.iter().collect();
            assert!(words.len() > 1 && unique.len() == words.len(), "{row}");
        }
    }
}
