//! Whether a statement names the stream of every row that it touches.
//!
//! Owns what "names" means: the column is compared with values that the caller gives, or with the same column of a table
//! for which that is so, under conditions that all must hold; and an inserted row has a given value there. What it does
//! not understand it does not let through. Invariant: it errs on the side of complaining.

use std::collections::HashMap;

use sqlparser::ast::{
    BinaryOperator, ConflictTarget, Expr, FromTable, InTarget, Insert, Join, JoinConstraint,
    JoinOperator, ObjectName, OnInsert, Query, Select, SelectItem, SetExpr, Statement, TableFactor,
    TableObject, TableWithJoins, Value,
};
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;

/// The column that everything is keyed by.
const KEY: &str = "stream_id";

/// Why a statement touches rows without naming their stream; none if it does not.
pub(crate) fn unkeyed(sql: &str) -> Option<String> {
    let parsed = Parser::parse_sql(&PostgreSqlDialect {}, sql);
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return Some(format!("it is not understood: {error}")),
    };
    parsed
        .iter()
        .find_map(|statement| of_statement(statement).err())
}

type Judged = Result<(), String>;

fn of_statement(statement: &Statement) -> Judged {
    match statement {
        Statement::Query(query) => of_query(query),
        Statement::Insert(insert) => of_insert(insert),
        Statement::Update(update) => {
            let tables = std::slice::from_ref(&update.table);
            of_rows(tables, update.selection.as_ref())
        }
        Statement::Delete(delete) => {
            let (FromTable::WithFromKeyword(tables) | FromTable::WithoutKeyword(tables)) =
                &delete.from;
            of_rows(tables, delete.selection.as_ref())
        }
        other => Err(format!("it is of an unknown kind: {other}")),
    }
}

fn of_query(query: &Query) -> Judged {
    let mut with = query.with.iter().flat_map(|with| &with.cte_tables);
    with.try_for_each(|named| of_query(&named.query))?;
    of_body(&query.body)
}

fn of_body(body: &SetExpr) -> Judged {
    match body {
        SetExpr::Select(select) => of_rows(&select.from, select.selection.as_ref()),
        SetExpr::Query(query) => of_query(query),
        SetExpr::SetOperation { left, right, .. } => of_body(left).and_then(|()| of_body(right)),
        SetExpr::Values(_) => Ok(()),
        SetExpr::Insert(statement) | SetExpr::Update(statement) | SetExpr::Delete(statement) => {
            of_statement(statement)
        }
        other => Err(format!("a part of it is of an unknown kind: {other}")),
    }
}

/// Rows of tables that are joined, under conditions.
fn of_rows(tables: &[TableWithJoins], selection: Option<&Expr>) -> Judged {
    let mut scope = Scope::default();
    for table in tables {
        scope.add(&table.relation)?;
        for join in &table.joins {
            scope.add(&join.relation)?;
            scope.require(condition_of(join)?)?;
        }
    }
    if let Some(selection) = selection {
        scope.require(selection)?;
    }
    scope.judge()
}

fn condition_of(join: &Join) -> Result<&Expr, String> {
    let (JoinOperator::Join(constraint)
    | JoinOperator::Inner(constraint)
    | JoinOperator::Left(constraint)
    | JoinOperator::LeftOuter(constraint)) = &join.join_operator
    else {
        return Err(format!("a join is of an unknown kind: {}", join.relation));
    };
    match constraint {
        JoinConstraint::On(condition) => Ok(condition),
        _ => Err(format!("{} is joined without a condition", join.relation)),
    }
}

/// The tables of one SELECT, by the names that they have there, and what is known of their streams.
#[derive(Default)]
struct Scope {
    /// Whether the stream of a table's rows is named.
    tables: HashMap<String, bool>,
    /// Pairs of tables whose rows are of the same stream.
    same: Vec<(String, String)>,
}

impl Scope {
    fn add(&mut self, factor: &TableFactor) -> Judged {
        match factor {
            TableFactor::Table {
                name, alias, args, ..
            } => {
                let called = alias
                    .as_ref()
                    .map_or_else(|| last(name), |alias| alias.name.value.clone());
                // A function of given values, and what a WITH made, hold only what they were given.
                let is_ours =
                    args.is_none() && super::statements::TABLES.contains(&last(name).as_str());
                self.tables.insert(called, !is_ours);
                Ok(())
            }
            // Given values.
            TableFactor::UNNEST { alias, .. } => {
                let called = alias.as_ref().map(|alias| alias.name.value.clone());
                self.tables.extend(called.map(|called| (called, true)));
                Ok(())
            }
            TableFactor::Derived {
                subquery, alias, ..
            } => {
                // If it is keyed, so is all that it gives.
                of_query(subquery)?;
                let called = alias.as_ref().ok_or("a part has no name")?;
                self.tables.insert(called.name.value.clone(), true);
                Ok(())
            }
            other => Err(format!("a table is of an unknown kind: {other}")),
        }
    }

    /// Takes in a condition that must hold.
    fn require(&mut self, condition: &Expr) -> Judged {
        match condition {
            Expr::Nested(inner) => self.require(inner),
            Expr::BinaryOp {
                left,
                op: BinaryOperator::And,
                right,
            } => {
                self.require(left)?;
                self.require(right)
            }
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Eq,
                right,
            } => {
                match (self.table_of_key(left), self.table_of_key(right)) {
                    (Some(one), Some(other)) => self.same.push((one, other)),
                    (Some(table), None) if is_given(right) => self.name(table),
                    (None, Some(table)) if is_given(left) => self.name(table),
                    _ => {}
                }
                Ok(())
            }
            Expr::In {
                expr,
                target: InTarget::List(list),
                negated: false,
                ..
            } => {
                if let Some(table) = self.table_of_key(expr)
                    && list.iter().all(is_given)
                {
                    self.name(table);
                }
                Ok(())
            }
            Expr::In {
                expr,
                target: InTarget::Subquery(subquery),
                negated: false,
                ..
            } => {
                of_query(subquery)?;
                if let Expr::Tuple(columns) = &**expr
                    && let Some(table) = columns.first().and_then(|first| self.table_of_key(first))
                    && begins_with_given(&subquery.body)
                {
                    self.name(table);
                }
                Ok(())
            }
            // Whatever else must hold names no stream. What is asked within it is not looked into, and so is not allowed.
            other if other.to_string().contains("SELECT") => {
                Err(format!("a condition is of an unknown kind: {other}"))
            }
            _ => Ok(()),
        }
    }

    /// The table of a column, if it is the one that everything is keyed by.
    fn table_of_key(&self, expression: &Expr) -> Option<String> {
        match expression {
            Expr::Identifier(column) if column.value == KEY && self.tables.len() == 1 => {
                self.tables.keys().next().cloned()
            }
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] if column.value == KEY => Some(table.value.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    fn name(&mut self, table: String) {
        self.tables.insert(table, true);
    }

    fn judge(mut self) -> Judged {
        // Each round names at least one more table, or none will.
        for _ in 0..self.same.len() {
            for (one, other) in &self.same {
                let named = |table: &String| self.tables.get(table) == Some(&true);
                if named(one) || named(other) {
                    self.tables
                        .extend([(one.clone(), true), (other.clone(), true)]);
                }
            }
        }
        match self.tables.iter().find(|(_, named)| !**named) {
            Some((table, _)) => Err(format!("{table} is touched without its {KEY}")),
            None => Ok(()),
        }
    }
}

/// Rows that are inserted have a given stream, and are in conflict with none of another.
fn of_insert(insert: &Insert) -> Judged {
    let TableObject::TableName(table) = &insert.table else {
        return Err("what is inserted into is no table".to_owned());
    };
    let place = insert.columns.iter().position(|column| last(column) == KEY);
    let place = place.ok_or_else(|| format!("a row of {table} has no {KEY}"))?;
    let source = insert.source.as_ref().ok_or("nothing is inserted")?;
    of_query(source)?;
    let is_given = match &*source.body {
        SetExpr::Values(values) => values
            .rows
            .iter()
            .all(|row| row.get(place).is_some_and(is_given)),
        SetExpr::Select(select) => hands_on_key(select, place),
        _ => false,
    };
    if !is_given {
        return Err(format!("the {KEY} of a row of {table} is not given"));
    }
    let is_by_key = |target: &ConflictTarget| match target {
        ConflictTarget::Columns { columns, .. } => columns.iter().any(|column| column.value == KEY),
        ConflictTarget::OnConstraint(_) => false,
    };
    match &insert.on {
        Some(OnInsert::OnConflict(conflict))
            if !conflict.conflict_target.as_ref().is_some_and(is_by_key) =>
        {
            Err(format!("a conflict in {table} is not one of its {KEY}"))
        }
        _ => Ok(()),
    }
}

/// Whether the rows that are selected have a given stream at a place. That they are keyed is known already; so it is
/// enough that the column is the key, or that all columns of a list of given values are taken as they are.
fn hands_on_key(select: &Select, place: usize) -> bool {
    match select.projection.get(place) {
        Some(SelectItem::UnnamedExpr(Expr::Identifier(column))) => column.value == KEY,
        // Every table that is asked is keyed, whichever it is of.
        Some(SelectItem::UnnamedExpr(column @ Expr::CompoundIdentifier(parts))) => {
            is_given(column) || parts.last().is_some_and(|column| column.value == KEY)
        }
        Some(SelectItem::Wildcard(_)) => place == 0 && select.from.len() == 1,
        _ => false,
    }
}

/// Whether it is a list of rows, each with a given value in front.
fn begins_with_given(body: &SetExpr) -> bool {
    let SetExpr::Values(values) = body else {
        return false;
    };
    values
        .rows
        .iter()
        .all(|row| row.first().is_some_and(is_given))
}

/// Whether a value is one that the caller gives, or that the row has by which a trigger is set off.
fn is_given(value: &Expr) -> bool {
    match value {
        Expr::Value(value) => matches!(value.value, Value::Placeholder(_)),
        Expr::CompoundIdentifier(parts) => parts.first().is_some_and(|row| row.value == "NEW"),
        _ => false,
    }
}

fn last(name: &ObjectName) -> String {
    let part = name.0.last().and_then(|part| part.as_ident());
    part.map_or_else(|| name.to_string(), |part| part.value.clone())
}
