"""Texts that people send, with every sign that other systems put around names: none of them holds a placeholder."""

from __future__ import annotations

_ENGLISH = r"""
Northwind: 50% off everything, 20% on sale items. Ends tonight!
Get 10%-20% off! Use code SAVE20 at checkout.
100% cotton, 100% yours. 30% today, 40% tomorrow.
Save 25% on name brands and 30% on city bikes
First 50 get 50% off, last 10 get 10% off
Your city pays 5% and your state 3%
Reply STOP to opt out, HELP for help.
Reply [STOP] to opt out or [HELP] for help.
Text (YES) to confirm, (NO) to cancel.
Call us at (212) 555-0100 or (416) 555-0101.
Call 1-212-555-0100 before 5pm - we're open late.
Your table (for 4) is ready :)
See you soon ;) <3
I <3 NY, and NY <3 you back
We <3 our customers > everything else
Sizes < 10 are $5 off, sizes > 10 are $7 off
If x < y and y > z then call me
->> Tap here <<-
>>> SALE <<< today only
<<< LAST CHANCE >>>
>> Shop now >> https://example.com
=> Doors at 7 <=
Prices from $5 to $50, $100 max
Win $$$ this weekend! $$$
$5 off, $10 off and $15 off. $name your price!
You've earned 50 points = $5.00
We're #1! #1 in Austin, #2 in Texas
#BlackFriday #sale #shoplocal
#NameThatTune tonight at 8 #trivia
Suite #200, Floor #3, order #10452
Order #A-1045 shipped. Track: https://example.com/t/10452
Pound sign # then your name # to finish
*SALE* today *only*
**New arrivals** are here
*Terms apply. *Conditions apply.
5 * 4 = 20 | 3 * 3 = 9
Mon | Tue | Wed | Thu
Open 9-5 | Closed Sunday | example.com
Sale | Name brands | Now
A || B || C
~ The team ~
~20 minutes away, ~5 miles
~~~ happy holidays ~~~
- Ann - your stylist
-- sent from the shop --
--- new --- arrivals ---
State-of-the-art, one-of-a-kind, top-of-the-line
Pick-up - delivery - dine-in
A first-name basis kind of place
Follow @northwind and @first.bakery
Tag @shopname for a chance to win
Email us: first_name@example.com
Mail hello@example.com or sales+city@example.com
Order at https://example.com/menu?city=austin&name=lunch#first
https://example.com/first_name/last_name
https://example.com/?q=%20name%20&c=%7Bcity%7D
https://example.com/a_b_c?utm_source=sms&utm_campaign=first_name
https://example.com/~name/ and https://example.com/-/name
https://example.com/search?q=[new]&sort={asc}
Say {sic} what?
The set {1, 2, 3} of our best
{ } braces and [ ] brackets and ( ) parens
:-{ sorry we missed you }-:
{{}
[New] arrivals this week
[link] in bio
[Ad] Northwind: new shoes
[1/2] Your order has shipped
[Update] Class moved to 6pm
[ALERT] Road closed
[x] done [ ] not done
[YouTube] video is up, [iPhone] cases in
[FaceTime] consultation at 3
[example.com] has the menu
(Bob) called while you were out
(name) says hi
(the city) of lights
Your (free) gift is waiting
Bring a friend (or two)!
Sign with your name (first and last)
Fill in the form (name, email, phone)
First come, first served. Last call!
Name your price! Your name is on the list
What's your name? Reply with your first name.
Reply with your NAME and CITY
Reply FIRST or LAST
Text LAST NAME to 555-0100
Hello! Your name's on the list.
My first name is Ann. My last name is Lee.
Your first_class seat is confirmed
o_o what a sale! O_O T_T u_u ^_^ -_- >_<
(o_o) (^_^) (-_-) (T_T) [o_o] {o_o}
(^-^)/ hello \(^o^)/
¯\_(ツ)_/¯ we tried
:name: that tune
:) :( :D :P ;-) :-/ 8-)
Time: 5:30:00, score 3:2
C:\Users\name is not a link
Dr. "Ann" O'Neil will see you at 3:30 PM.
He said "hi" and 'bye' and `later`
It's 72°F & sunny
A & B, Q&A, R&B
A/B, and/or, he/she/they, 24/7
5+5=10, 2^3=8, 10-5=5
x = y; z = w;
Buy 1, get 1 (BOGO)!!!
100%!!! 100%??? 50%...
Rated 5/5 ***** by 1,000+ people
Temp: -5 to +5
3 > 2 > 1 > go!
<ends today>
<3 <3 <3
"Summer" sale - 50% off (today only) [while supplies last]
Your code: {4821}!
Doors 7pm. Show 8pm. 21+ only. $15 adv / $20 door.
Text JOIN to 12345. Msg&data rates may apply.
Msg freq varies. T&C: https://example.com/terms Privacy: https://example.com/privacy
Ann's order #5521 ($45.10) arrives Tue, Dec 1 @ 3:30pm
meet @ 5 @ the store @ Main St
$ave big, $ave now
U$A! C@fe! Sh*t happens
Win a trip to <<<drum roll>>> Paris!
Wait — what? “Really?” Yes… ‘really’.
You: "name?" Me: "Ann"
M&M's, AT&T, H&M, P!nk, Ke$ha, A$AP
Pay w/ card ending in ****1234
Password: P@ss_word#1
Room_5 and Room_6 are open
file_name.pdf is attached
IMG_2041.jpg from last night
my_shop on Instagram
Snapchat: its_ann_here
Use promo SAVE_10 or TAKE_20_OFF
Gate B12, seat 14-C, flight AA-100
Bed & Bath | 2 for $20 | in-store & online
Thanks! -Ann- and the team
Love, -J-
_Ann_ says hi
_really_ good deals __today__
Happy B-Day!! ** cake ** & @ noon
Yes/No? (Y/N) [Y/N] {Y/N}
Date & time: 12/01 @ 5 (CST)
Your balance is -$5.00 (CR)
Parking: Lot A (level 2) -> elevator -> 3rd floor
Menu: [soup], [salad], [wrap]
(see below) [see above] {see sign}
Score: Home 3 | Away 2 | Time 45'
1) Shop 2) Save 3) Smile
a) b) c) (a) (b) (c) [a] [b] [c]
Coupon <SAVE> ends
Reply {Y|N} or {YES|NO} to confirm
((hugs)) from all of us
:heart: :smile: at 5:30:00
Ask for Mr. FirstBank or the NameCheap guy
Ratings: 5.0 (TX) 4.8 (NY) 4.7 (Dallas store) (see below)
"""

_SPANISH = r"""
¡Hola! 20% de descuento hoy y 30% mañana.
Tu pedido (n.º 4521) llega mañana. ¿Dudas? Llama al (212) 555-0100.
Responde [SÍ] para confirmar o [NO] para cancelar.
«Feliz Navidad» de parte de todo el equipo
El programa «Nombre propio» se estrena hoy
Dinos tu nombre y apellido al llegar
Escribe tu nombre (sin apellidos) y tu ciudad
¿Cómo te llamas? Responde con tu nombre.
Primera clase gratis; última oportunidad: $99
Abierto 9-5 | Cerrado domingo
¡¡Gracias!! :) <3
Precio: $1.250,50 (IVA incl.)
#ofertas #nombre #ciudad y más en @tienda
Oferta *válida* hasta el 31/12
Tu código: 4821. No lo compartas.
La película «Ciudad de Dios» esta noche
Para darte de baja, responde STOP.
100% natural, 0% azúcar
Cita: mar. 1 dic. 15:30 - Dr. Peña
"""

_FRENCH = r"""
Bonjour ! -20 % sur tout, -30 % demain.
Merci d’indiquer votre « nom » et votre « prénom » à l’accueil
« Joyeux Noël » de toute l’équipe
Le film « Le Prénom » ce soir à 20 h
Votre commande (n° 4521) est prête.
Répondez [OUI] ou [NON].
Répondez STOP pour ne plus recevoir de messages.
Ouvert 9 h - 17 h | Fermé dimanche
Prix : 12,50 $ (taxes en sus)
Quel est votre nom ? Répondez par texto.
C’est l’été ! Jusqu’à 50 % - 60 % de rabais
Premier arrivé, premier servi ; dernier jour !
Rendez-vous mardi 1er déc. à 15 h 30 (salle 2)
Suivez @boutique #soldes #ville
« Ville » de Montréal : avis d’ébullition levé
"""

TEXTS = tuple(
    line for language in (_ENGLISH, _SPANISH, _FRENCH) for line in language.strip("\n").splitlines()
)
