//! The shape of what is sent and answered: one description for the check of a body and for the OpenAPI document.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

use super::problem::FieldError;
use crate::config::unknown_name;

/// What a value may be.
#[derive(Debug, Clone)]
pub(crate) enum Schema {
    /// A text; the format is a word of JSON Schema such as `date-time`.
    Text(Option<&'static str>),
    /// One of these texts.
    Word(Vec<&'static str>),
    /// A whole number. What lies outside is refused where the number is used, which says why.
    Integer(RangeInclusive<i64>),
    /// true or false
    Boolean,
    /// Any number of the same.
    List(Box<Self>),
    /// Fields by name; no others.
    Object(Object),
    /// A setting as files write it: a text, a whole number, true, false or a list of texts.
    Setting,
}

/// Fields by name.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// What the document calls it; empty: it is described where it stands.
    pub(crate) name: &'static str,
    /// What there may be.
    pub(crate) fields: Vec<Field>,
}

/// One field.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) schema: Schema,
    pub(crate) help: &'static str,
    pub(crate) access: Access,
    /// It is always there.
    pub(crate) required: bool,
}

/// Who gives a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// It is sent and shown.
    Both,
    /// It is shown.
    Read,
    /// It is sent and never shown.
    Write,
}

/// For which way a shape is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What is answered.
    Answer,
    /// A whole thing that is sent.
    Whole,
    /// What is to change (RFC 7396): nothing is needed, and null brings a default back.
    Patch,
}

impl Way {
    /// For what is in a list: a patch replaces it whole.
    fn within(self) -> Self {
        if self == Self::Patch { Self::Whole } else { self }
    }
}

impl Field {
    /// A field that is sent and shown; when it is sent it may be absent.
    pub(crate) fn new(name: &'static str, schema: Schema, help: &'static str) -> Self {
        Self { name, schema, help, access: Access::Both, required: false }
    }

    /// The same, always there.
    pub(crate) fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// The same, only shown.
    pub(crate) fn read_only(self) -> Self {
        Self { access: Access::Read, ..self }
    }

    /// The same, never shown.
    pub(crate) fn write_only(self) -> Self {
        Self { access: Access::Write, ..self }
    }

    fn is_for(&self, way: Way) -> bool {
        match way {
            Way::Answer => self.access != Access::Write,
            Way::Whole | Way::Patch => self.access != Access::Read,
        }
    }
}

impl Object {
    /// An object with a name in the document.
    pub(crate) fn new(name: &'static str, fields: Vec<Field>) -> Self {
        Self { name, fields }
    }

    /// The name of its shape in the document.
    pub(crate) fn component(&self, way: Way) -> String {
        match way {
            Way::Answer => self.name.to_owned(),
            Way::Whole => format!("{}Input", self.name),
            Way::Patch => format!("{}Patch", self.name),
        }
    }
}

impl Schema {
    /// A text without a format.
    pub(crate) const TEXT: Self = Self::Text(None);
    /// A moment in UTC (RFC 3339).
    pub(crate) const MOMENT: Self = Self::Text(Some("date-time"));

    /// A list.
    pub(crate) fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }

    /// Looks whether the value has this shape; what has not is named by its JSON pointer (RFC 6901). A whole number that is
    /// written with a fraction of zero becomes one without.
    pub(crate) fn check(&self, value: &mut Value, way: Way, pointer: &str, errors: &mut Vec<FieldError>) {
        if way == Way::Patch && value.is_null() && !pointer.is_empty() {
            return;
        }
        let fits = match (self, &mut *value) {
            (Self::Text(_), Value::String(_)) | (Self::Boolean, Value::Bool(_)) => true,
            (Self::Word(words), Value::String(word)) => {
                if !words.contains(&word.as_str()) {
                    errors.push(FieldError::at(pointer, unknown_name("word", word, words)));
                }
                true
            }
            (Self::Integer(_), Value::Number(number)) => match whole(number) {
                Some(whole) => {
                    *value = whole.into();
                    true
                }
                None => false,
            },
            (Self::List(of), Value::Array(items)) => {
                for (index, item) in items.iter_mut().enumerate() {
                    of.check(item, way.within(), &format!("{pointer}/{index}"), errors);
                }
                true
            }
            (Self::Object(object), Value::Object(fields)) => {
                object.check(fields, way, pointer, errors);
                true
            }
            (Self::Setting, Value::String(_) | Value::Bool(_)) => true,
            (Self::Setting, Value::Number(number)) => number.is_i64(),
            (Self::Setting, Value::Array(items)) => items.iter().all(Value::is_string),
            _ => false,
        };
        if !fits {
            errors.push(FieldError::at(pointer, format!("{} is needed here", self.in_words())));
        }
    }

    fn in_words(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Word(_) => "a text",
            Self::Integer(_) => "a whole number",
            Self::Boolean => "true or false",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Setting => "a text, a whole number, true, false or a list of texts",
        }
    }

    /// The shape in the words of JSON Schema 2020-12. Objects with a name are put into `components` and referred to.
    pub(crate) fn document(&self, way: Way, components: &mut Map<String, Value>) -> Value {
        match self {
            Self::Text(None) => json!({"type": "string"}),
            Self::Text(Some(format)) => json!({"type": "string", "format": format}),
            Self::Word(words) => json!({"type": "string", "enum": words}),
            Self::Integer(range) => {
                json!({"type": "integer", "minimum": range.start(), "maximum": range.end()})
            }
            Self::Boolean => json!({"type": "boolean"}),
            Self::List(of) => {
                json!({"type": "array", "items": of.document(way.within(), components)})
            }
            Self::Object(object) if object.name.is_empty() => object.document(way, components),
            Self::Object(object) => {
                let name = object.component(way);
                if !components.contains_key(&name) {
                    let document = object.document(way, components);
                    components.insert(name.clone(), document);
                }
                json!({"$ref": format!("#/components/schemas/{name}")})
            }
            Self::Setting => {
                let texts = json!({"type": "array", "items": {"type": "string"}});
                json!({"anyOf": [{"type": ["string", "integer", "boolean"]}, texts]})
            }
        }
    }
}

impl Object {
    fn check(&self, fields: &mut Map<String, Value>, way: Way, pointer: &str, errors: &mut Vec<FieldError>) {
        let known: Vec<&Field> = self.fields.iter().filter(|field| field.is_for(way)).collect();
        for (name, value) in fields.iter_mut() {
            let pointer = format!("{pointer}/{}", escaped(name));
            match known.iter().find(|field| field.name == name) {
                Some(field) => field.schema.check(value, way, &pointer, errors),
                None if self.fields.iter().any(|field| field.name == name) => {
                    errors.push(FieldError::at(&pointer, "is shown and can't be set"));
                }
                None => {
                    let names: Vec<&str> = known.iter().map(|field| field.name).collect();
                    errors.push(FieldError::at(&pointer, unknown_name("field", name, &names)));
                }
            }
        }
        if way != Way::Patch {
            let missing = known.iter().filter(|field| field.required && !fields.contains_key(field.name));
            for field in missing {
                errors.push(FieldError::at(&format!("{pointer}/{}", field.name), "is needed"));
            }
        }
    }

    fn document(&self, way: Way, components: &mut Map<String, Value>) -> Value {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for field in self.fields.iter().filter(|field| field.is_for(way)) {
            let mut property = field.schema.document(way, components);
            if way == Way::Patch {
                property = json!({"anyOf": [property, {"type": "null"}]});
            }
            property["description"] = field.help.into();
            properties.insert(field.name.to_owned(), property);
            if field.required && way != Way::Patch {
                required.push(field.name);
            }
        }
        let mut document = json!({"type": "object", "properties": properties, "required": required});
        // A later version may show more.
        if way != Way::Answer {
            document["additionalProperties"] = false.into();
        }
        document
    }
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    let fraction = || number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15);
    number.as_i64().or_else(|| fraction().map(|float| float as i64))
}

/// A name as a part of a JSON pointer (RFC 6901 3).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape() -> Schema {
        let inner = Object::new("", vec![Field::new("packed", Schema::Setting, "")]);
        Schema::Object(Object::new(
            "Thing",
            vec![
                Field::new("id", Schema::TEXT, "").required(),
                Field::new("count", Schema::Integer(0..=9), ""),
                Field::new("numbers", Schema::list(Schema::TEXT), ""),
                Field::new("realm", Schema::TEXT, "").read_only(),
                Field::new("profile", Schema::Object(inner), ""),
            ],
        ))
    }

    fn errors(mut value: Value, way: Way) -> Vec<(String, String)> {
        let mut errors = Vec::new();
        shape().check(&mut value, way, "", &mut errors);
        errors.into_iter().map(|error| (error.place, error.message)).collect()
    }

    #[test]
    fn everything_that_is_wrong_is_named_by_its_pointer() {
        let value = json!({"id": 1, "coun": 2, "numbers": ["1", 2], "realm": "x", "profile": {"a/b~c": 1}});
        let found = errors(value, Way::Whole);
        let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/coun", "/id", "/numbers/1", "/profile/a~1b~0c", "/realm"]);
        assert_eq!(found[0].1, "unknown field \"coun\"; did you mean \"count\"?");
    }

    #[test]
    fn what_is_needed_is_missed_in_a_whole_thing_and_not_in_a_patch() {
        assert_eq!(errors(json!({}), Way::Whole), [("/id".to_owned(), "is needed".to_owned())]);
        assert_eq!(errors(json!({"count": null}), Way::Patch), []);
        assert_eq!(errors(json!(null), Way::Patch).len(), 1, "the whole patch is no null");
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
        let mut value = json!({"id": "a", "count": 3.0});
        let mut errors = Vec::new();
        shape().check(&mut value, Way::Whole, "", &mut errors);
        assert!(errors.is_empty());
        assert_eq!(value["count"], json!(3));
    }
}
