"""Name the 64 signs that two people compare (spec/emoji.json, which a test holds against this)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Emoji:
    """One sign and what to call it aloud; the names are translations of each other."""

    symbol: str
    en: str
    fa: str


EMOJI = (
    Emoji("🐈", "Cat", "گربه"),
    Emoji("🐘", "Elephant", "فیل"),
    Emoji("🐇", "Rabbit", "خرگوش"),
    Emoji("🐧", "Penguin", "پنگوئن"),
    Emoji("🐟", "Fish", "ماهی"),
    Emoji("🐙", "Octopus", "هشت‌پا"),
    Emoji("🐌", "Snail", "حلزون"),
    Emoji("🐞", "Ladybird", "کفشدوزک"),
    Emoji("🐊", "Crocodile", "تمساح"),
    Emoji("🐝", "Honeybee", "زنبور"),
    Emoji("🌵", "Cactus", "کاکتوس"),
    Emoji("🌴", "Palm tree", "نخل"),
    Emoji("🌹", "Rose", "گل سرخ"),
    Emoji("🍁", "Leaf", "برگ"),
    Emoji("🍄", "Mushroom", "قارچ"),
    Emoji("⭐", "Star", "ستاره"),
    Emoji("🔥", "Fire", "آتش"),
    Emoji("🌊", "Wave", "موج"),
    Emoji("🗻", "Mountain", "کوه"),
    Emoji("🌍", "Earth", "زمین"),
    Emoji("🍎", "Apple", "سیب"),
    Emoji("🍊", "Orange", "پرتقال"),
    Emoji("🍋", "Lemon", "لیمو"),
    Emoji("🍍", "Pineapple", "آناناس"),
    Emoji("🍓", "Strawberry", "توت‌فرنگی"),
    Emoji("🍬", "Candy", "آب‌نبات"),
    Emoji("🌽", "Corn", "ذرت"),
    Emoji("🍞", "Bread", "نان"),
    Emoji("🎂", "Cake", "کیک"),
    Emoji("🍦", "Ice cream", "بستنی"),
    Emoji("🍵", "Teacup", "فنجان"),
    Emoji("🍫", "Chocolate", "شکلات"),
    Emoji("🍕", "Pizza", "پیتزا"),
    Emoji("🔑", "Key", "کلید"),
    Emoji("🔔", "Bell", "زنگ"),
    Emoji("🔨", "Hammer", "چکش"),
    Emoji("🔧", "Wrench", "آچار"),
    Emoji("📎", "Paperclip", "گیره"),
    Emoji("📖", "Book", "کتاب"),
    Emoji("💡", "Light bulb", "لامپ"),
    Emoji("🔋", "Battery", "باتری"),
    Emoji("📻", "Radio", "رادیو"),
    Emoji("📷", "Camera", "دوربین"),
    Emoji("⌚", "Watch", "ساعت"),
    Emoji("👓", "Glasses", "عینک"),
    Emoji("👕", "Shirt", "پیراهن"),
    Emoji("🎒", "Backpack", "کوله‌پشتی"),
    Emoji("🎁", "Gift", "هدیه"),
    Emoji("🎈", "Balloon", "بادکنک"),
    Emoji("🎻", "Violin", "ویولن"),
    Emoji("🎹", "Piano", "پیانو"),
    Emoji("🎺", "Trumpet", "شیپور"),
    Emoji("⚽", "Football", "توپ فوتبال"),
    Emoji("🏠", "House", "خانه"),
    Emoji("⛵", "Sailboat", "قایق"),
    Emoji("⚓", "Anchor", "لنگر"),
    Emoji("🚌", "Bus", "اتوبوس"),
    Emoji("🚲", "Bicycle", "دوچرخه"),
    Emoji("🚂", "Train", "قطار"),
    Emoji("🚜", "Tractor", "تراکتور"),
    Emoji("🚦", "Traffic light", "چراغ راهنما"),
    Emoji("🐚", "Seashell", "صدف"),
    Emoji("🔭", "Telescope", "تلسکوپ"),
    Emoji("🎡", "Ferris wheel", "چرخ‌وفلک"),
)
"""Indexed by six bits of the SAS. Changing the order is a change of the protocol."""
