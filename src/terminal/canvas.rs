//! What ratatui draws on: cells in memory, from where the painter takes them.

use std::cell::Cell as Shared;
use std::convert::Infallible;
use std::rc::Rc;

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Size};
use ratatui::{Frame, Terminal};

/// A place for one frame.
#[derive(Debug)]
pub struct Canvas {
    terminal: Terminal<Nowhere>,
    cursor: Rc<Shared<Option<Position>>>,
}

impl Default for Canvas {
    fn default() -> Self {
        let cursor = Rc::default();
        let nowhere = Nowhere { size: Size::ZERO, cursor: Rc::clone(&cursor) };
        let Ok(terminal) = Terminal::new(nowhere);
        Self { terminal, cursor }
    }
}

impl Canvas {
    /// Draws a frame of so many columns and rows: its cells, and the cursor where it has one.
    pub fn draw(
        &mut self,
        size: (u16, u16),
        render: impl FnOnce(&mut Frame<'_>),
    ) -> (&Buffer, Option<Position>) {
        self.terminal.backend_mut().size = size.into();
        let Ok(frame) = self.terminal.draw(render);
        (frame.buffer, self.cursor.get())
    }
}

/// A terminal that shows nothing. It only remembers where ratatui wants the cursor.
#[derive(Debug)]
struct Nowhere {
    size: Size,
    cursor: Rc<Shared<Option<Position>>>,
}

impl Backend for Nowhere {
    type Error = Infallible;

    fn draw<'a, I>(&mut self, _: I) -> Result<(), Infallible>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        Ok(())
    }

    fn hide_cursor(&mut self) -> Result<(), Infallible> {
        self.cursor.set(None);
        Ok(())
    }

    fn show_cursor(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn get_cursor_position(&mut self) -> Result<Position, Infallible> {
        Ok(self.cursor.get().unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), Infallible> {
        self.cursor.set(Some(position.into()));
        Ok(())
    }

    fn clear(&mut self) -> Result<(), Infallible> {
        Ok(())
    }

    fn clear_region(&mut self, _: ClearType) -> Result<(), Infallible> {
        Ok(())
    }

    fn size(&self) -> Result<Size, Infallible> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> Result<WindowSize, Infallible> {
        Ok(WindowSize { columns_rows: self.size, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_has_the_size_it_was_asked_for_and_its_own_cursor() {
        let mut canvas = Canvas::default();
        let (buffer, cursor) = canvas.draw((9, 3), |frame| {
            frame.render_widget("text", frame.area());
            frame.set_cursor_position((4, 0));
        });
        assert_eq!(buffer, &Buffer::with_lines(["text     ", "", ""]));
        assert_eq!(cursor, Some((4, 0).into()));
        let (buffer, cursor) = canvas.draw((5, 2), |_| {});
        assert_eq!((buffer, cursor), (&Buffer::with_lines(["     ", ""]), None));
    }
}
