//! The directory as an operator works with it: files in and out, rows looked up.

use std::fs;
use std::future::Future as _;
use std::path::PathBuf;
use std::task::Poll;

use caredesk::policy::world::{Organisation, World, columns, sheet};
use caredesk::store::{Import, Mode, Store};
use tempfile::{TempDir, tempdir};

use crate::store_samples::at;
use crate::support::{Desk, Ran};

/// Files in a folder of their own.
struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(tempdir().expect("a folder"))
    }

    fn put(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.path(name);
        fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What a command complained about, without the folder.
    fn told(&self, ran: &Ran) -> String {
        ran.err.replace(&format!("{}/", self.0.path().display()), "").replace("caredesk: ", "")
    }
}

fn exported(desk: &Desk, files: &Files, name: &str) -> [String; 2] {
    let out = files.path(name);
    let ran = desk.run(&["directory", "export", "--out", out.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ["organisations.csv", "accounts.csv"].map(|table| fs::read_to_string(out.join(table)).unwrap())
}

#[test]
fn what_is_exported_and_imported_again_is_the_same_directory() {
    let (desk, files) = (Desk::with_sample(), Files::new());
    let before = exported(&desk, &files, "one");
    assert!(before[1].contains("leo.marsh1@nhs.net leo.stone@nhs.net"), "{}", before[1]);

    let other = Desk::new();
    let [organisations, accounts] = ["organisations.csv", "accounts.csv"].map(|table| files.path("one").join(table));
    let ran = other.run(&["directory", "import", accounts.to_str().unwrap(), organisations.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(exported(&other, &files, "two"), before);

    let rows = other.run(&["directory", "export", "--format", "json"]);
    let lines = files.put("all.jsonl", &rows.out);
    let third = Desk::new();
    assert_eq!(third.run(&["directory", "import", &lines]).code, 0);
    assert_eq!(exported(&third, &files, "three"), before);
    let again = third.run(&["directory", "import", &lines, "--format", "json"]).one();
    assert_eq!((again["organisations"]["same"].as_u64(), again["accounts"]["changed"].as_u64()), (Some(8), Some(0)));
}

#[test]
fn a_spreadsheet_reckons_with_nothing_that_somebody_wrote() {
    let (desk, files) = (Desk::new(), Files::new());
    let names = ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "'=1", "plain, with \"quotes\""];
    let rows = names.iter().enumerate().map(|(n, name)| format!("V9000{n},\"{}\"\n", name.replace('"', "\"\"")));
    let file = files.put("organisations.csv", format!("ods_code,name\n{}", rows.collect::<String>()));
    assert_eq!(desk.run(&["directory", "import", &file]).code, 0);
    let [organisations, _] = exported(&desk, &files, "out");
    for line in organisations.lines() {
        for cell in line.split(',') {
            let cell = cell.trim_start_matches('"');
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{line}");
        }
    }
    let other = Desk::new();
    let path = files.path("out").join("organisations.csv");
    assert_eq!(other.run(&["directory", "import", path.to_str().unwrap()]).code, 0);
    assert_eq!(exported(&other, &files, "again")[0], organisations);
    let shown = other.run(&["directory", "show", "V90000", "--format", "json"]).one();
    assert_eq!(shown["fields"]["name"], names[0].strip_prefix("'").unwrap_or(names[0]));
}

#[test]
fn every_bad_row_is_told_with_its_file_and_line_and_nothing_is_loaded() {
    let (desk, files) = (Desk::new(), Files::new());
    let organisations = files.put(
        "organisations.csv",
        "key,name,ods_code,postcode,cqc_phone,cqc_location,dspt_status,dspt_year,managed,nhsmail\n\
         elm,Elm House,V11111,NE1 4ST,01632 960001,1-1234567,Standards met,2025-26,self,active\n\
         oak,,V1,nowhere,12,2-1,good,2025-27,us,maybe\n\
         bad key,Ash,V22222,,,,,,,\n\
         fir,Fir,V11111,,,,,,,\n\
         elm,Elm again,V33333,,,,,,,\n\
         yew,Yew,V44444\n",
    );
    let accounts = files.put(
        "accounts.csv",
        "name,address,old_addresses,mobile,organisation,owner,leaving_since,activated,state\n\
         Amy Field,amy@nhs.net,,07700 900111,V11111,yes,,2026-01-31,active\n\
         Bob Hall,bob@care.example,x@y,01632 960000,nowhere,perhaps,2026-02-30,31.1.26,Very Active\n\
         Cat Hill,AMY@nhs.net,,,elm,no,2026-02-01,,\n\
         Dan Lake,dan@nhs.net,dan@nhs.net,,,yes,,,\n",
    );
    let ran = desk.run(&["directory", "import", &organisations, &accounts]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    insta::assert_snapshot!(files.told(&ran), @r"
    organisations.csv:3: name is missing
    organisations.csv:3: ods_code `V1` is not an ODS code such as V12345
    organisations.csv:3: postcode `nowhere` is not a postcode such as NE1 4ST
    organisations.csv:3: nhsmail `maybe` is none of none, active, closed
    organisations.csv:3: managed `us` is none of nas, self, local_host
    organisations.csv:3: cqc_phone `12` is not a UK telephone number such as 01632 960123
    organisations.csv:3: cqc_location `2-1` is not a CQC location id such as 1-1234567
    organisations.csv:3: dspt_status `good` is none of not_published, standards_not_met, approaching_standards, standards_met, standards_exceeded
    organisations.csv:3: dspt_year `2025-27` is not a year such as 2025-26
    organisations.csv:4: key `bad key`: a key has up to 64 letters, digits, `_`, `-` and `.`
    organisations.csv:5: ods_code `V11111` stands in organisations.csv, line 2, already
    organisations.csv:6: key `elm` stands in organisations.csv, line 2, already
    organisations.csv:7: it has 3 cells, and the first line 10
    accounts.csv:3: organisation `nowhere` is neither the key nor the ODS code of an organisation
    accounts.csv:3: address `bob@care.example` is not an address that ends in @nhs.net
    accounts.csv:3: old_addresses `x@y` is not a list of addresses that end in @nhs.net
    accounts.csv:3: mobile `01632 960000` is not a UK mobile number such as 07700 900111
    accounts.csv:3: state `Very Active` is not a state: small letters and `_`
    accounts.csv:3: activated `31.1.26` is not a day such as 2026-03-02
    accounts.csv:3: leaving_since `2026-02-30` is not a day such as 2026-03-02
    accounts.csv:3: owner `perhaps` is neither yes nor no
    accounts.csv:4: leaving_since is set, but leaving is not yes
    accounts.csv:4: key `amy` stands in accounts.csv, line 2, already
    accounts.csv:4: address `amy@nhs.net` stands in accounts.csv, line 2, already
    accounts.csv:5: an owner belongs to an organisation
    accounts.csv:5: `dan@nhs.net` is both the address and an old one
    26 faults; nothing was loaded
    ");
    assert_eq!(desk.run(&["directory", "search", "elm"]).out.trim(), "Nothing was found.");
}

#[test]
fn files_that_are_no_tables_are_told_apart() {
    let (desk, files) = (Desk::new(), Files::new());
    let told = |args: &[&str]| {
        let ran = desk.run(&[&["directory", "import"], args].concat());
        format!("{} {}", ran.code, files.told(&ran).trim())
    };
    let latin = files.put("organisations.csv", b"ods_code,name\nV11111,Caf\xe9\n");
    let unnamed = files.put("people.csv", "address,name\namy@nhs.net,Amy Field\n");
    let header = files.put("accounts.csv", "adress,name\namy@nhs.net,Amy Field\n");
    let yaml = files.put("world.yaml", "organisations:\n\n  elm: {name: Elm, ods_code: V1}\naccounts: {}\n");
    let lines =
        files.put("rows.jsonl", "{\"table\": \"organisations\", \"ods_code\": [1]}\nno\n{\"table\": \"sites\"}\n");
    let all = [
        told(&[&latin]),
        told(&[&unnamed]),
        told(&[&header]),
        told(&[&yaml]),
        told(&[&lines]),
        told(&["nowhere.csv", "--table", "accounts"]),
        told(&[&yaml, &latin]),
    ];
    insta::assert_snapshot!(all.join("\n--\n"), @r"
    1 organisations.csv:2: it is not written in UTF-8; save the file as CSV UTF-8
    1 fault; nothing was loaded
    --
    2 which table is people.csv? Call it organisations.csv or accounts.csv, or add --table
    --
    1 accounts.csv:1: `adress` is not a column of accounts; did you mean `address`?
    accounts.csv:1: there is no column `address`, which names the rows of accounts
    2 faults; nothing was loaded
    --
    1 world.yaml:3: organisations.elm: ods_code `V1` is not an ODS code such as V12345
    1 fault; nothing was loaded
    --
    1 rows.jsonl:1: `ods_code` is not one value
    rows.jsonl:2: it is not a JSON object: expected ident at line 1 column 2
    rows.jsonl:3: `table` is neither organisations nor accounts
    3 faults; nothing was loaded
    --
    2 cannot read nowhere.csv: No such file or directory (os error 2)
    --
    2 CSV and YAML cannot be loaded together: run it twice
    ");
    assert_eq!(desk.run(&["directory", "import", &unnamed, "--table", "accounts"]).code, 0);
    assert_eq!(desk.run(&["directory", "show", "amy"]).code, 0);
}

#[test]
fn other_peoples_columns_are_named_in_the_pack() {
    let (desk, files) = (Desk::with_own_pack(), Files::new());
    let path = desk.pack.join("flows/desk.yaml");
    let text = fs::read_to_string(&path).unwrap();
    let columns = "directory:\n  columns:\n    organisations: {ods_code: Location ODS Code, name: Location Name, \
                   cqc_location: Location ID, cqc_phone: Location Telephone Number}\n";
    fs::write(&path, format!("{text}\n{columns}")).unwrap();
    let file = files.put(
        "cqc organisations.csv",
        "Location ID,Location ODS Code,Location Name,Location Telephone Number,Region\n\
         1-7654321,vl123,Larch Lodge,01632960123,North East\n",
    );
    let ran = desk.run(&["directory", "import", &file]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let shown = desk.run(&["directory", "show", "VL123", "--format", "json"]).one();
    assert_eq!(shown["fields"]["cqc_location"], "1-7654321");
    assert_eq!(shown["fields"]["cqc_phone"], "01632 960123");

    fs::write(&path, format!("{text}\n{}", columns.replace("name: Location Name", "nmae: Location ID"))).unwrap();
    let check = desk.run(&["check", "--format", "json"]);
    let codes: Vec<String> = check.json().iter().map(|row| row["code"].as_str().unwrap_or("").to_owned()).collect();
    for code in ["unknown-column", "column-twice"] {
        assert!(codes.iter().any(|found| found == code), "{codes:?}");
    }
}

#[test]
fn a_row_is_shown_by_every_name_that_it_has() {
    let desk = Desk::with_sample();
    let key = |name: &str| desk.run(&["directory", "show", name, "--format", "json"]).one()["key"].clone();
    for name in ["rose_court", "v12345", "care.v12345@nhs.net", "care.newcastle.rosecourtv12345@nhs.net"] {
        assert_eq!(key(name), "rose_court", "{name}");
    }
    for name in ["leo", "leo.marsh2@nhs.net", "Leo.Stone@nhs.net"] {
        assert_eq!(key(name), "leo", "{name}");
    }
    assert_eq!(desk.run(&["directory", "show", "nobody@nhs.net"]).code, 1);
    let told = desk.run(&["directory", "--now", "2026-03-02T09:00:00Z", "show", "leo"]).out;
    assert!(told.contains("mobile: …0806") && !told.contains("900806"), "{told}");
    assert!(told.contains("import"), "{told}");

    let found = |words: &[&str]| {
        let ran = desk.run(&[&["directory", "search", "--format", "json"], words].concat());
        ran.json().iter().map(|hit| hit["key"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(found(&["zx95gr"]), ["ash_grove", "beech_grove"]);
    assert_eq!(found(&["grove", "V67890"]), ["beech_grove"]);
    assert_eq!(found(&["ellen.snow"]), ["ellen"]);
    assert_eq!(found(&["%"]), Vec::<String>::new());
    assert!(!desk.run(&["directory", "search", "ellen"]).out.contains("900803"));
}

#[test]
fn the_help_and_the_page_name_every_column() {
    let help = Desk::new().run(&["directory", "import", "--help"]).out;
    let words: Vec<&str> = help.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
    let page = include_str!("../../docs/directory.md");
    for (table, fields) in [("organisations", &columns::ORGANISATION[..]), ("accounts", &columns::ACCOUNT[..])] {
        for field in fields {
            assert!(words.contains(field), "the help does not name `{field}`");
            assert!(page.contains(&format!("`{field}`")), "the page does not tell what `{field}` is");
        }
        let header = sheet::csv(&World::default(), table);
        assert!(page.contains(&header), "the page does not show {header}");
    }
}

fn many(count: u32) -> World {
    let row = |n: u32| Organisation {
        version: 1,
        name: format!("Home {n}"),
        ods_code: format!("V{n:06}"),
        ..Organisation::default()
    };
    let organisations = (0..count).map(|n| (format!("home{n}"), row(n))).collect();
    World { organisations, ..World::default() }
}

/// Whoever starts an import may end the program in the midst of it: here it is given up after ever more of its work.
#[tokio::test]
async fn an_import_of_a_hundred_thousand_that_is_interrupted_leaves_nothing() {
    let data = tempdir().expect("a folder");
    let store = Store::open(data.path(), Mode::ReadWrite).await.expect("it opens");
    let world = many(100_000);
    for most in [1, 3_000, 90_000] {
        let mut done = 0;
        let import = Import { world: &world, based_on: None, at: at(0) };
        let cell = std::cell::Cell::new(0);
        let mut bringing = Box::pin(store.directory_bring_in(&import, |rows| cell.set(rows)));
        std::future::poll_fn(|context| {
            done = cell.get();
            if done >= most {
                return Poll::Ready(());
            }
            bringing.as_mut().poll(context).map(|_| ())
        })
        .await;
        drop(bringing);
        assert!((most..100_000).contains(&done), "{done}");
        assert!(store.directory_is_empty().await.expect("readable"));
    }
    let imported = store.directory_import(&world, at(0)).await.expect("kept");
    assert_eq!(imported.organisations.added, 100_000);
}
