//! Handles of metrics: looked up once, so that an increment costs an atomic addition and no lookup.

use metrics::{Counter, Gauge, Histogram, Key, Level, Metadata, Recorder, Unit};

use super::labels::Label;

/// What is declared of a metric: all that its manual says.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(test), expect(dead_code, reason = "some of it is read by the manual alone"))]
pub(crate) struct Declared {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it measures, in a sentence.
    pub(crate) meaning: &'static str,
    /// What it counts in.
    pub(crate) unit: &'static str,
    /// The names of its labels.
    pub(crate) labels: &'static [&'static str],
    /// Counter, gauge or histogram.
    pub(crate) kind: &'static str,
    /// The words of each label.
    pub(crate) words: fn() -> Vec<Vec<&'static str>>,
}

/// A handle, or a set of handles, that a recorder can give.
pub(crate) trait Instrument: Sized {
    /// Counter, gauge or histogram.
    const KIND: &'static str;
    /// The words of each label.
    fn words() -> Vec<Vec<&'static str>>;
    /// Takes the handle under `name`, with the label values that are already chosen.
    fn register(
        recorder: &dyn Recorder,
        declared: &Declared,
        chosen: &[(&'static str, &'static str)],
    ) -> Self;
    /// Gives the recorder the meaning.
    fn describe(recorder: &dyn Recorder, declared: &Declared);
}

/// The plain handles of the `metrics` crate.
macro_rules! plain {
    ($($handle:ident, $kind:literal, $register:ident, $describe:ident;)+) => {
        $(impl Instrument for $handle {
            const KIND: &'static str = $kind;

            fn words() -> Vec<Vec<&'static str>> {
                Vec::new()
            }

            fn register(
                recorder: &dyn Recorder,
                declared: &Declared,
                chosen: &[(&'static str, &'static str)],
            ) -> Self {
                let metadata = Metadata::new("iwf", Level::INFO, None);
                let handle = recorder.$register(&Key::from_parts(declared.name, chosen), &metadata);
                Touch::touch(&handle);
                handle
            }

            fn describe(recorder: &dyn Recorder, declared: &Declared) {
                let unit = Unit::from_string(declared.unit);
                recorder.$describe(declared.name.into(), unit, declared.meaning.into());
            }
        })+
    };
}

plain! {
    Counter, "counter", register_counter, describe_counter;
    Gauge, "gauge", register_gauge, describe_gauge;
    Histogram, "histogram", register_histogram, describe_histogram;
}

/// Makes a metric appear with the value 0 before anything happened, so that rates have a beginning.
trait Touch {
    fn touch(&self) {}
}

impl Touch for Counter {
    fn touch(&self) {
        self.absolute(0);
    }
}

impl Touch for Gauge {
    fn touch(&self) {
        self.set(0.0);
    }
}

impl Touch for Histogram {}

/// One handle for each value of a label.
#[derive(Clone)]
pub(crate) struct Family<L, I> {
    members: Vec<(L, I)>,
}

impl<L: Label, I> Family<L, I> {
    /// The handle of a value.
    pub(crate) fn of(&self, label: L) -> &I {
        let found = self.members.iter().find(|(known, _)| *known == label);
        &found.expect("a family has a member for every value of its label").1
    }
}

impl<L: Label, I: Instrument> Instrument for Family<L, I> {
    const KIND: &'static str = I::KIND;

    fn words() -> Vec<Vec<&'static str>> {
        let own = L::all().into_iter().map(Label::word).collect();
        std::iter::once(own).chain(I::words()).collect()
    }

    fn register(
        recorder: &dyn Recorder,
        declared: &Declared,
        chosen: &[(&'static str, &'static str)],
    ) -> Self {
        let name = declared.labels.get(chosen.len()).copied().unwrap_or("label");
        let member = |label: L| {
            let chosen: Vec<_> = chosen.iter().copied().chain([(name, label.word())]).collect();
            (label, I::register(recorder, declared, &chosen))
        };
        Self { members: L::all().into_iter().map(member).collect() }
    }

    fn describe(recorder: &dyn Recorder, declared: &Declared) {
        I::describe(recorder, declared);
    }
}
