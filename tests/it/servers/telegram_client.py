"""A small bot by python-telegram-bot. It works against the address and token that it is given, and prints as JSON what
it saw of each kind of error."""
import asyncio
import json
import sys

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatAction
from telegram.error import BadRequest, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, MessageHandler, filters

url, token, stranger, blocker = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
seen = {}
done = None


async def start(update, context):
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Tea", callback_data="tea")],
                                     [InlineKeyboardButton("Milk", callback_data="milk")]])
    seen["argument"] = context.args
    await context.bot.send_chat_action(update.effective_chat.id, ChatAction.TYPING)
    await update.message.reply_text("What would you <like>?", reply_markup=keyboard)


async def pressed(update, context):
    query = update.callback_query
    await query.answer("Thank you")
    await query.edit_message_text(f"You chose {query.data}.")
    seen["answered_twice"] = await fails(query.answer())
    seen["not_modified"] = await fails(query.edit_message_text(f"You chose {query.data}."))


async def filed(update, context):
    file = await update.message.document.get_file()
    seen["file"] = bytes(await file.download_as_bytearray()).decode()
    await asyncio.sleep(1.1)
    await update.message.reply_text(f"<b>{update.message.document.file_name}</b> &amp; all", parse_mode="HTML")


async def edited(update, context):
    seen["edited"] = update.edited_message.text
    done.set()


async def fails(call):
    try:
        await call
        return "went well"
    except TelegramError as error:
        return f"{type(error).__name__}: {error.message}"


async def errors(bot):
    for name, text, more in [
        ("empty", " ", {}),
        ("too_long", "x" * 4097, {}),
        ("html", "<b>open", {"parse_mode": "HTML"}),
        ("tag", "a <x>b</x>", {"parse_mode": "HTML"}),
        ("markdown", "no dots.", {"parse_mode": "MarkdownV2"}),
        ("bold", "*open", {"parse_mode": "MarkdownV2"}),
    ]:
        seen[name] = await fails(bot.send_message(stranger, text, **more))
    wide = InlineKeyboardMarkup([[InlineKeyboardButton("Tea", callback_data="x" * 65)]])
    seen["wide"] = await fails(bot.send_message(stranger, "Hello", reply_markup=wide))
    seen["unknown_chat"] = await fails(bot.send_message(987654, "Hello"))
    seen["blocked"] = await fails(bot.send_message(blocker, "Hello"))
    await asyncio.sleep(1.1)
    await bot.send_message(stranger, "One")
    try:
        await bot.send_message(stranger, "Two")
        seen["too_many"] = "went well"
    except RetryAfter as error:
        seen["too_many"] = f"RetryAfter: {error.retry_after}"
    seen["no_message"] = await fails(bot.delete_message(stranger, 999999))
    seen["no_file"] = await fails(bot.get_file("nothing"))
    seen["secret"] = await fails(bot.set_webhook("https://desk.example/hook", secret_token="a b"))
    await bot.set_my_commands([("start", "Begin"), ("help", "What I can do")])
    seen["commands"] = [command.command for command in await bot.get_my_commands()]
    await bot.set_webhook("https://desk.example/hook", secret_token="a_b-9")
    seen["webhook"] = (await bot.get_webhook_info()).url
    seen["polls_beside_webhook"] = await fails(bot.get_updates())
    await bot.delete_webhook()
    first = asyncio.create_task(fails(bot.get_updates(timeout=30)))
    await asyncio.sleep(0.5)
    second = asyncio.create_task(bot.get_updates(timeout=0))
    seen["polls_twice"] = await first
    await second
    stranger_bot = Bot(token[:-1] + "x", base_url=f"{url}/bot")
    try:
        await stranger_bot.initialize()
        seen["token"] = "went well"
    except InvalidToken:
        seen["token"] = "InvalidToken"


async def main():
    global done
    done = asyncio.Event()
    builder = Application.builder().token(token).base_url(f"{url}/bot").base_file_url(f"{url}/file/bot")
    app = builder.get_updates_connection_pool_size(4).build()
    app.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, edited))
    app.add_handler(CommandHandler("start", start))
    app.add_handler(CallbackQueryHandler(pressed))
    app.add_handler(MessageHandler(filters.Document.ALL, filed))
    await app.initialize()
    seen["me"] = app.bot.username
    await app.start()
    await app.updater.start_polling(timeout=10, allowed_updates=Update.ALL_TYPES)
    await asyncio.wait_for(done.wait(), 90)
    await app.updater.stop()
    await app.stop()
    await errors(app.bot)
    await app.shutdown()
    print(json.dumps(seen))

asyncio.run(asyncio.wait_for(main(), 180))
